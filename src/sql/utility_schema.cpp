// CREATE, ALTER, DROP.
#include <string_view>

#include "sql/characteristics.h"
#include "sql/judge.h"

namespace tidemark::sql {

using Access = Walker::Access;

namespace {

constexpr Effects k_definition = writes("changes the schema or the cluster (DDL)");

bool is_relation_type(std::string_view type) {
  return type == "OBJECT_TABLE" || type == "OBJECT_VIEW" || type == "OBJECT_MATVIEW" ||
         type == "OBJECT_SEQUENCE" || type == "OBJECT_FOREIGN_TABLE" || type == "OBJECT_INDEX";
}

}  // namespace

void Judge::create_table_as(const JsonObject& fields) {
  if (const auto into = object_field(fields, "into")) walker_.into(*into);
  const auto query = node_field(fields, "query");
  if (query && query->type == "ExecuteStmt") {
    out_.name = text_field(query->fields, "name");
    walker_.add(anything("runs a prepared statement"));
    walker_.fields(query->fields, Access::k_read);
  } else if (query) {
    walker_.node(*query, Access::k_read);
  }
}

void Judge::create_table(const JsonObject& fields) {
  walker_.add(writes("creates a table"));
  walker_.write_as(k_locks);
  out_.changes_catalogue = true;
  for (const auto member : fields) {
    if (member.key != "relation") walker_.member(member.key, member.value, Access::k_write);
  }
  if (const auto relation = object_field(fields, "relation")) {
    walker_.creation(*relation, text_field(fields, "oncommit"));
  }
}

// What is stored to be run later, by others.
void Judge::define(const JsonObject& fields) {
  walker_.add(k_definition);
  walker_.write_as(k_locks);
  out_.changes_catalogue = true;
  const auto is_subject = [](std::string_view key) {
    return key == "view" || key == "relation" || key == "table" || key == "funcname";
  };
  for (const auto member : fields) {
    if (is_subject(member.key)) walker_.member(member.key, member.value, Access::k_write);
  }
  walker_.only_name();
  for (const auto member : fields) {
    if (!is_subject(member.key)) walker_.member(member.key, member.value, Access::k_write);
  }
}

void Judge::drop(const JsonObject& fields) {
  walker_.add(k_definition);
  walker_.write_as(k_locks);
  out_.changes_catalogue = true;
  walker_.fields(fields, Access::k_write);
  const auto objects = array_field(fields, "objects");
  if (!objects || !is_relation_type(text_field(fields, "removeType"))) return;
  for (const Json object : *objects) {
    const auto list = as_node(object);
    const auto names = list ? array_field(list->fields, "items") : std::nullopt;
    if (names) walker_.name_relation(qualified_name(*names), Access::k_write);
  }
}

void Judge::create_database(const JsonObject& fields) {
  walker_.add(k_definition);
  out_.changes_catalogue = true;
  out_.affected_database = "template1";
  const auto options = array_field(fields, "options");
  if (!options) return;
  for (const Json option : *options) {
    const auto node = as_node(option);
    if (!node || text_field(node->fields, "defname") != "template") continue;
    const auto value = node_field(node->fields, "arg");
    if (value) out_.affected_database = constant_text(*value).value_or(out_.affected_database);
  }
}

void Judge::change_database(const JsonObject& fields) {
  walker_.add(k_definition);
  out_.changes_catalogue = true;
  out_.affected_database = text_field(fields, "dbname");
}

void Judge::set_for_database(const JsonObject& fields) {
  change_database(fields);
  keep_unheard(fields);
}

// The settings that a server begins sessions with say nothing to the gateway. Taking one away may
// always be right.
void Judge::keep_unheard(const JsonObject& fields) {
  const auto set = object_field(fields, "setstmt");
  if (!set || text_field(*set, "kind").starts_with("VAR_RESET")) return;
  std::string name = lower(text_field(*set, "name"));
  if (is_own_setting(name)) out_.unheard_setting = std::move(name);
}

void Judge::rename(const JsonObject& fields) {
  walker_.add(k_definition);
  walker_.write_as(k_locks);
  out_.changes_catalogue = true;
  walker_.fields(fields, Access::k_write);
  if (text_field(fields, "renameType") == "OBJECT_DATABASE") {
    out_.affected_database = text_field(fields, "subname");
  }
}

}  // namespace tidemark::sql
