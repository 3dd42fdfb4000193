#include "sql/walker.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "sql/built_ins.h"
#include "sql/characteristics.h"
#include "sql/function_effects.h"

namespace tidemark::sql {
namespace {

constexpr std::string_view k_temporary_schema = "pg_temp";

enum class NodeType {
  k_constant,
  k_select,
  k_insert,
  k_update,
  k_delete,
  k_merge,
  k_range_var,
  k_function_call,
  k_operation,
  k_sub_link,
  k_case,
  k_join,
  k_cast,
  k_column,
  k_indirection,
  k_locking,
  k_sample,
  k_name,
  k_other,
};

NodeType type_of(std::string_view name) {
  static const std::unordered_map<std::string_view, NodeType> types = {
      {"A_Const", NodeType::k_constant},
      {"SelectStmt", NodeType::k_select},
      {"InsertStmt", NodeType::k_insert},
      {"UpdateStmt", NodeType::k_update},
      {"DeleteStmt", NodeType::k_delete},
      {"MergeStmt", NodeType::k_merge},
      {"RangeVar", NodeType::k_range_var},
      {"FuncCall", NodeType::k_function_call},
      {"A_Expr", NodeType::k_operation},
      {"SubLink", NodeType::k_sub_link},
      {"CaseExpr", NodeType::k_case},
      {"JoinExpr", NodeType::k_join},
      {"TypeCast", NodeType::k_cast},
      {"ColumnRef", NodeType::k_column},
      {"A_Indirection", NodeType::k_indirection},
      {"LockingClause", NodeType::k_locking},
      {"RangeTableSample", NodeType::k_sample},
      {"String", NodeType::k_name},
  };
  const auto found = types.find(name);
  return found == types.end() ? NodeType::k_other : found->second;
}

const char* why_modified(NodeType type) {
  switch (type) {
    case NodeType::k_insert:
      return "writes to a table (INSERT)";
    case NodeType::k_update:
      return "writes to a table (UPDATE)";
    case NodeType::k_delete:
      return "writes to a table (DELETE)";
    default:
      return "writes to a table (MERGE)";
  }
}

const char* why_locked(std::string_view strength) {
  if (strength == "LCS_FORUPDATE") return "locks rows (FOR UPDATE)";
  if (strength == "LCS_FORNOKEYUPDATE") return "locks rows (FOR NO KEY UPDATE)";
  if (strength == "LCS_FORSHARE") return "locks rows (FOR SHARE)";
  return "locks rows (FOR KEY SHARE)";
}

bool is_temporary_schema(std::string_view schema) { return schema.starts_with(k_temporary_schema); }

QualifiedName range_name(const JsonObject& range) {
  return {std::string(text_field(range, "schemaname")), std::string(text_field(range, "relname"))};
}

// The argument at a place or by its name (name => value).
std::optional<Node> argument(const JsonObject& call, std::size_t place, std::string_view name) {
  const auto arguments = array_field(call, "args");
  if (!arguments) return std::nullopt;
  std::size_t at = 0;
  for (const Json value : *arguments) {
    const auto node = as_node(value);
    if (!node) return std::nullopt;
    if (node->type == "NamedArgExpr") {
      if (text_field(node->fields, "name") == name) return node_field(node->fields, "arg");
    } else if (at == place) {
      return node;
    }
    ++at;
  }
  return std::nullopt;
}

bool joins_by_name(const JsonObject& join) {
  return field(join, "usingClause").has_value() || flag_field(join, "isNatural");
}

bool names_own_setting(const JsonObject& call) {
  const auto name = argument(call, 0, "setting_name");
  const auto constant = name ? constant_string(*name) : std::nullopt;
  return constant && constant->find('.') != std::string::npos;
}

// An empty value stands for the server's own default, of which the server tells by itself.
bool keeps_string_syntax(const std::optional<std::string>& value) {
  return value && (value->empty() || lower(*value) == "on" || lower(*value) == "true" ||
                   lower(*value) == "yes" || *value == "1");
}

bool is_true(const std::optional<Node>& node) {
  if (!node) return false;
  const std::string text = lower(constant_text(*node).value_or(""));
  return text == "true" || text == "t";
}

}  // namespace

void Walker::run(const Effects& effects) {
  if (runs_) add(effects);
}

void Walker::run_followed(const Effects& effects) {
  if (runs_) add_followed(effects);
}

void Walker::node(const Node& node, Access access) {
  const NodeType type = type_of(node.type);
  switch (type) {
    case NodeType::k_constant:
      return;
    case NodeType::k_select:
      return query(node.fields);
    case NodeType::k_insert:
    case NodeType::k_update:
    case NodeType::k_delete:
    case NodeType::k_merge:
      return modification(node);
    case NodeType::k_range_var:
      return relation(node.fields, access);
    case NodeType::k_function_call:
      return call(node.fields);
    case NodeType::k_operation:
      return operation(node.fields, "name", "");
    case NodeType::k_sub_link:
      return operation(node.fields, "operName", "=");
    case NodeType::k_case:
      return operation(node.fields, "", field(node.fields, "arg") ? "=" : "");
    case NodeType::k_join:
      return operation(node.fields, "", joins_by_name(node.fields) ? "=" : "");
    case NodeType::k_cast:
      return cast(node.fields);
    case NodeType::k_column:
      return column(node.fields, "fields");
    case NodeType::k_indirection:
      return column(node.fields, "indirection");
    case NodeType::k_locking:
      return locking(node.fields);
    case NodeType::k_name:
      if (is_temporary_schema(text_field(node.fields, "sval"))) {
        run(pins("temporary object", Pin::k_temporary_table));
      }
      return;
    case NodeType::k_sample:
    case NodeType::k_other:
      break;
  }
  if (node.type.ends_with("Stmt")) run(anything("statement within a statement"));
  fields(node.fields, access);
}

void Walker::fields(const JsonObject& fields, Access access) {
  for (const auto member : fields) this->member(member.key, member.value, access);
}

void Walker::member(std::string_view key, Json value, Access access) {
  JsonArray items;
  if (value.get(items) == simdjson::SUCCESS) {
    for (const Json item : items) member(key, item, access);
    return;
  }
  if (const auto node = as_node(value)) return this->node(*node, access);
  JsonObject object;
  if (value.get(object) != simdjson::SUCCESS) return;
  // A bare struct: known by its field's name, or by the looks of it.
  if (key == "withClause") return;  // query() and modification() have seen to it
  if (key == "larg" || key == "rarg") return query(object);
  if (key == "funccall") return call(object);
  if (key == "into" || key == "intoClause") return into(object);
  if (field(object, "relname")) return relation(object, access);
  fields(object, access);
}

void Walker::query(const JsonObject& fields) {
  const std::size_t scope = common_tables_.size();
  if (const auto clause = object_field(fields, "withClause")) common_tables(*clause);
  const std::size_t first = uses_.reads.size();
  this->fields(fields, Access::k_read);
  if (runs_ && field(fields, "lockingClause")) uses_.lock_reads(first);
  common_tables_.resize(scope);
}

void Walker::modification(const Node& node) {
  run(writes(why_modified(type_of(node.type))));
  const std::size_t scope = common_tables_.size();
  if (const auto clause = object_field(node.fields, "withClause")) common_tables(*clause);
  for (const auto member : node.fields) {
    const bool target = member.key == "relation";
    if (target) write_as(actions_of(node));
    this->member(member.key, member.value, target ? Access::k_write : Access::k_read);
    write_as(k_all_actions);
  }
  common_tables_.resize(scope);
}

// Each sees the ones before it, and with RECURSIVE itself and the ones behind.
void Walker::common_tables(const JsonObject& clause) {
  const auto tables = array_field(clause, "ctes");
  if (!tables) return;
  const bool recursive = flag_field(clause, "recursive");
  const auto name_all = [&](bool visit) {
    for (const Json value : *tables) {
      const auto table = as_node(value);
      if (!table) continue;
      if (visit) fields(table->fields, Access::k_read);
      if (visit != recursive) common_tables_.emplace_back(text_field(table->fields, "ctename"));
    }
  };
  if (recursive) name_all(false);
  name_all(true);
}

void Walker::relation(const JsonObject& range, Access access) {
  QualifiedName name = range_name(range);
  if (text_field(range, "relpersistence") == "t") {
    run(pins("temporary object", Pin::k_temporary_table));
  }
  const bool common_table = access == Access::k_read && name.schema.empty() &&
                            std::ranges::find(common_tables_, name.name) != common_tables_.end();
  if (!common_table) name_relation(std::move(name), access);
}

void Walker::name_relation(QualifiedName name, Access access) {
  if (is_temporary_schema(name.schema)) run(pins("temporary object", Pin::k_temporary_table));
  auto& names = access == Access::k_write ? statement_.writes : statement_.reads;
  names.push_back({name.schema, name.name});
  touch(name, access);
  if (access == Access::k_write) return;
  if (name.schema.empty() || name.schema == "pg_catalog") {
    if (const Effects* effects = built_in_relation(name.name)) run(*effects);
  }
  const RelationFact* fact = catalogue_.find_relation(name.schema, name.name);
  run_followed(fact != nullptr ? fact->effects : unknown("relation unknown to the catalogue"));
}

void Walker::into(const JsonObject& clause) {
  run(writes("creates a table"));
  statement_.changes_catalogue = true;
  if (const auto range = object_field(clause, "rel")) {
    creation(*range, text_field(clause, "onCommit"));
  }
}

// ON COMMIT DROP is gone before it could matter.
void Walker::creation(const JsonObject& range, std::string_view on_commit) {
  const bool temporary = text_field(range, "relpersistence") == "t";
  if (temporary && on_commit != "ONCOMMIT_DROP") {
    run(pins("temporary object", Pin::k_temporary_table));
  }
  const QualifiedName name = range_name(range);
  if (is_temporary_schema(name.schema)) run(pins("temporary object", Pin::k_temporary_table));
  statement_.writes.push_back({name.schema, name.name});
}

void Walker::locking(const JsonObject& fields) {
  // The relations named here are aliases of ones that FROM has named.
  run(writes(why_locked(text_field(fields, "strength"))));
}

// Some syntax stands for an operator that it does not name: x IN (SELECT …) is "=".
void Walker::operation(const JsonObject& fields, const char* key, std::string_view implied) {
  const auto names = array_field(fields, key);
  if (names) {
    operator_name(qualified_name(*names).name);
  } else if (!implied.empty()) {
    operator_name(implied);
  }
  this->fields(fields, Access::k_read);
}

void Walker::operator_name(std::string_view name) {
  if (catalogue_.is_volatile_operator(name)) {
    run_followed(anything("operator with a volatile function"));
  }
  call_each(catalogue_.touches().of_operator(name));
}

void Walker::cast(const JsonObject& fields) {
  if (const auto type = object_field(fields, "typeName")) {
    if (const auto names = array_field(*type, "names")) {
      const QualifiedName name = qualified_name(*names);
      if (is_temporary_schema(name.schema)) {
        run(pins("temporary object", Pin::k_temporary_table));
      }
      if (catalogue_.is_volatile_type(name.name)) {
        run_followed(anything("type with a volatile function"));
      }
      call_each(catalogue_.touches().of_type(name.name));
    }
  }
  if (const auto operand = node_field(fields, "arg")) node(*operand, Access::k_read);
}

// t.f and (row).f call the function f if there is no such column.
void Walker::column(const JsonObject& fields, const char* key) {
  if (const auto names = array_field(fields, key)) {
    for (const Json name : *names) {
      const auto part = as_node(name);
      if (!part || part->type != "String") continue;
      const std::string_view called = text_field(part->fields, "sval");
      if (catalogue_.is_volatile_column(called)) run_followed(anything("volatile function"));
      call_each(catalogue_.touches().of_column(called));
    }
  }
  this->fields(fields, Access::k_read);
}

void Walker::call(const JsonObject& fields) {
  QualifiedName name;
  if (const auto names = array_field(fields, "funcname")) name = qualified_name(*names);
  const bool built_in = name.schema.empty() || name.schema == "pg_catalog";
  if (built_in && name.name == "set_config" && runs_) set_config(fields);
  const bool own_setting = built_in && name.name == "current_setting" && names_own_setting(fields);
  function(name, own_setting ? &k_own_setting : built_in ? built_in_function(name.name) : nullptr);
  statement_.functions.push_back({std::move(name.schema), std::move(name.name)});
  for (const auto member : fields) {
    if (member.key != "funcname") this->member(member.key, member.value, Access::k_read);
  }
}

void Walker::function(const QualifiedName& name, const Effects* rule) {
  if (is_temporary_schema(name.schema)) run(pins("temporary object", Pin::k_temporary_table));
  const FunctionFact* fact = catalogue_.find_function(name.schema, name.name);
  run_followed(effects_of_function(name.name, rule, fact));
  if (runs_) touch_function(name, fact);
}

void Walker::set_config(const JsonObject& fields) {
  const auto name = argument(fields, 0, "setting_name");
  const auto value = argument(fields, 1, "new_value");
  const auto constant = name ? constant_string(*name) : std::nullopt;
  if (!constant) return run(pins("volatile function", Pin::k_settings_unknown));
  if (is_own_setting(lower(*constant))) statement_.unheard_setting = lower(*constant);
  if (is_true(argument(fields, 2, "is_local"))) {
    statement_.local_settings = true;
    return;
  }
  change_setting(*constant, value ? constant_string(*value) : std::nullopt);
}

void Walker::change_setting(std::string name, const std::optional<std::string>& value) {
  name = lower(name);
  const std::string meaning = lower(value.value_or(""));
  if (name.starts_with("transaction_")) {
    statement_.local_settings = true;
    return;
  }
  if (name == "seed") run(pins("seeds the random numbers of the session", Pin::k_seed));
  if (name == "session_authorization") {
    run(pins("changes the session's user", Pin::k_session_authorization));
  }
  if (name == "standard_conforming_strings" && !keeps_string_syntax(value)) {
    run(pins("changes how strings are read", Pin::k_string_syntax));
  }
  if (name == "search_path" && meaning.find(k_temporary_schema) != std::string::npos) {
    run(pins("temporary object", Pin::k_temporary_table));
  }
  statement_.settings.push_back(std::move(name));
}

}  // namespace tidemark::sql
