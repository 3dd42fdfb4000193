// What the Walker gathers of the tables that are touched.
#include <string_view>
#include <vector>

#include "sql/function_effects.h"
#include "sql/walker.h"

namespace tidemark::sql {

Actions Walker::actions_of(const Node& modification) {
  if (modification.type == "UpdateStmt") return k_updates;
  if (modification.type == "DeleteStmt") return k_deletes;
  if (modification.type != "InsertStmt") return k_inserts | k_updates | k_deletes;
  const auto conflict = object_field(modification.fields, "onConflictClause");
  const bool updates = conflict && text_field(*conflict, "action") != "ONCONFLICT_NOTHING";
  return updates ? k_inserts | k_updates : k_inserts;
}

void Walker::touch(const QualifiedName& name, Access access) {
  if (!runs_) return;
  const std::vector<Oid> meant = catalogue_.touches().relations(name.schema, name.name, path_);
  if (meant.empty()) {
    // It may be a view, or have triggers.
    uses_.writes_unknown = true;
    uses_.reads_unknown = uses_.reads_unknown || access == Access::k_read || actions_ != k_locks;
  }
  for (const Oid relation : meant) {
    if (access == Access::k_write) {
      uses_.writes.push_back({relation, actions_});
    } else {
      uses_.reads.push_back(relation);
    }
  }
}

void Walker::call_each(const std::vector<Oid>& functions) {
  if (!runs_) return;
  uses_.calls.insert(uses_.calls.end(), functions.begin(), functions.end());
  if (catalogue_.version() == 0) uses_.touch_anything();
}

void Walker::touch_function(const QualifiedName& name, const FunctionFact* fact) {
  if (fact == nullptr) return uses_.touch_anything();
  call_each(catalogue_.touches().functions(name.schema, name.name, path_));
  if (fact->built_in) uses_.merge(uses_of_built_in(name.name, fact->built_in_volatile));
}

}  // namespace tidemark::sql
