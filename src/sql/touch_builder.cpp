#include "sql/touch_builder.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "sql/characteristics.h"
#include "sql/function_effects.h"
#include "sql/parse_tree.h"
#include "sql/utility.h"

namespace tidemark::sql {
namespace {

// 0, which no object has, for what is no number.
Oid number(const std::optional<std::string>& text) {
  Oid value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

void add_once(std::vector<Oid>& list, Oid oid) {
  if (std::ranges::find(list, oid) == list.end()) list.push_back(oid);
}

// Of a body in SQL: what all its statements touch together. One that may change the path may be
// read by another one, statement by statement.
Uses uses_of_text(std::string_view text, const Catalogue& catalogue, SearchPath path) {
  if (lower(text).find("search_path") != std::string::npos) path = SearchPath();
  Uses uses;
  const auto statements = parse_statements(text);
  if (!statements) uses.touch_anything();
  if (!statements) return uses;
  for (const Json item : *statements) {
    JsonObject fields;
    const bool is_object = item.get(fields) == simdjson::SUCCESS;
    const auto node = is_object ? node_field(fields, "stmt") : std::nullopt;
    if (node) {
      uses.merge(uses_of_statement(*node, catalogue, path));
    } else {
      uses.touch_anything();
    }
  }
  return uses;
}

}  // namespace

void TouchBuilder::add_function(const Catalogue::Row& row) {
  const Oid oid = number(row[0]);
  const bool built_in = *row[3] == "true";
  if (!built_in) known_functions_.insert(oid);
  TouchGraph::Function function{.schema = *row[1], .may_write = *row[4] == "true", .uses = {}};
  if (built_in) {
    if (*row[1] == "pg_catalog") function.uses = uses_of_built_in(*row[2], *row[4] == "true");
    if (function.uses.empty()) return;
    graph_.functions_.emplace(oid, std::move(function));
    return;
  }
  if (*row[6] == "nothing") return;
  if (row[8]) {
    trees_.emplace_back(oid, *row[8]);
  } else if (row[7]) {
    const SearchPath path = row[9] ? SearchPath::parse(*row[9], "") : SearchPath();
    bodies_.push_back({oid, *row[7], path});
  } else if (*row[6] != "parts") {
    function.uses.touch_anything();
  }
  graph_.functions_.emplace(oid, std::move(function));
  graph_.function_names_[*row[2]].push_back(oid);
  if (*row[5] == "true") graph_.columns_[*row[2]].push_back(oid);
}

void TouchBuilder::add_operator(const Catalogue::Row& row) {
  add_once(behind_operators_[number(row[0])], number(row[3]));
  add_once(graph_.operators_[*row[1]], number(row[3]));
}

void TouchBuilder::add_type(const Catalogue::Row& row) {
  add_once(behind_types_[number(row[0])], number(row[3]));
  add_once(graph_.types_[*row[1]], number(row[3]));
}

void TouchBuilder::add_relation(const Catalogue::Row& row) {
  const Oid oid = number(row[0]);
  if (!graph_.relations_.contains(oid)) {
    graph_.relations_[oid] = {.schema = *row[1], .name = *row[2], .parents = {}, .detail = nullptr};
    graph_.relation_names_[*row[2]].push_back(oid);
  }
  if (*row[3] == "foreign") detail_of(oid).is_foreign = true;
  if (*row[3] == "view") {
    detail_of(oid).is_view = true;
    if (!row[4]) detail_of(oid).when_read.touch_anything();
  }
}

void TouchBuilder::add_definition(Oid relation, const std::optional<TreeUses>& definition) {
  if (relation < k_first_user_oid) return;
  Uses uses = uses_of(definition);
  std::erase(uses.reads, relation);  // the OLD and NEW of a view's rule
  detail_of(relation).when_read.merge(uses);
}

void TouchBuilder::add_link(const Catalogue::Row& row) {
  const std::string& kind = *row[0];
  const Oid subject = number(row[1]);
  const Oid object = number(row[2]);
  if (kind == "part") {
    const auto function = graph_.functions_.find(subject);
    if (function != graph_.functions_.end()) call(object, function->second.uses);
    return;
  }
  const auto relation = graph_.relations_.find(subject);
  if (relation == graph_.relations_.end()) return;
  if (kind == "parent") {
    add_once(relation->second.parents, object);
  } else if (kind == "fires") {
    detail_of(subject).fires |= static_cast<Actions>(object);
  } else if (kind == "column") {
    const auto type = behind_types_.find(object);
    if (type == behind_types_.end()) return;
    for (const Oid function : type->second) call(function, detail_of(subject).when_stored);
  } else if (kind == "stores") {
    detail_of(subject).when_stored.merge(uses_of(row[3] ? uses_of_tree(*row[3]) : std::nullopt));
  } else if (kind.starts_with("delete ")) {
    add_key(subject, object, k_deletes, kind.back());
  } else if (kind.starts_with("update ")) {
    add_key(subject, object, k_updates, kind.back());
  }
}

// `action` as in pg_constraint.confdeltype: c cascades, n and d set columns.
void TouchBuilder::add_key(Oid subject, Oid object, Actions on, char action) {
  const Actions does = action == 'c' ? on : k_updates;
  add_cascade({.to = object, .on = on, .does = does}, detail_of(subject));
}

void TouchBuilder::add_cascade(const TouchGraph::Cascade& cascade, Detail& detail) {
  if (std::ranges::find(detail.cascades, cascade) != detail.cascades.end()) return;
  detail.cascades.push_back(cascade);
}

void TouchBuilder::add_schema(const Catalogue::Row& row) {
  graph_.schema_users_[*row[0]].push_back(*row[1]);
}

// Who writes to a table writes to its partitions: what writing to them sets off, it sets off.
void TouchBuilder::inherit() {
  for (const auto& [oid, relation] : graph_.relations_) {
    std::vector<Oid> ancestors = relation.parents;
    for (std::size_t i = 0; i < ancestors.size(); ++i) {
      const auto found = graph_.relations_.find(ancestors[i]);
      if (found == graph_.relations_.end()) continue;
      for (const Oid parent : found->second.parents) add_once(ancestors, parent);
      Detail& ancestor = detail_of(ancestors[i]);
      ancestor.has_children = true;
      if (relation.detail == nullptr) continue;
      ancestor.fires |= relation.detail->fires;
      ancestor.is_foreign = ancestor.is_foreign || relation.detail->is_foreign;
      for (const TouchGraph::Cascade& cascade : relation.detail->cascades) {
        add_cascade(cascade, ancestor);
      }
    }
  }
}

void TouchBuilder::read_bodies(const Catalogue& catalogue) {
  for (const auto& [function, tree] : trees_) {
    graph_.functions_[function].uses = uses_of(uses_of_tree(tree));
  }
  for (const Body& body : bodies_) {
    graph_.functions_[body.function].uses = uses_of_text(body.text, catalogue, body.path);
  }
}

TouchGraph::Detail& TouchBuilder::detail_of(Oid relation) {
  auto& detail = graph_.relations_[relation].detail;
  if (detail == nullptr) detail = std::make_unique<Detail>();
  return *detail;
}

Uses TouchBuilder::uses_of(const std::optional<TreeUses>& tree) const {
  Uses uses;
  if (!tree || tree->has_utility) {
    uses.touch_anything();
    return uses;
  }
  uses.reads = tree->relations;
  for (const FunctionUse& use : tree->functions) call(use.function, uses);
  const auto call_behind = [&](const std::vector<Oid>& used, const auto& behind) {
    for (const Oid oid : used) {
      const auto found = behind.find(oid);
      if (found == behind.end()) continue;
      for (const Oid function : found->second) call(function, uses);
    }
  };
  call_behind(tree->operators, behind_operators_);
  call_behind(tree->types, behind_types_);
  // Which of them are modified or locked, and which are only read, is not told apart.
  if (tree->locks_rows) uses.lock_reads(0);
  if (tree->actions != 0) {
    for (const Oid relation : tree->relations) uses.writes.push_back({relation, tree->actions});
  }
  return uses;
}

void TouchBuilder::call(Oid function, Uses& uses) const {
  if (function < k_first_user_oid) {
    if (graph_.functions_.contains(function)) uses.calls.push_back(function);
  } else if (known_functions_.contains(function)) {
    uses.calls.push_back(function);
  } else {
    uses.touch_anything();
  }
}

}  // namespace tidemark::sql
