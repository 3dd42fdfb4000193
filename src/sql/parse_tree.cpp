#include "sql/parse_tree.h"

#include <pg_query.h>

#include <memory>

#include "base/check.h"

namespace tidemark::sql {
namespace {

// A parser that has grown beyond this much JSON is given up rather than kept for each thread's
// life.
constexpr std::size_t k_kept_capacity = std::size_t{1} << 20;

class PgQueryResult {
 public:
  explicit PgQueryResult(const std::string& text) : result_(pg_query_parse(text.c_str())) {}
  ~PgQueryResult() { pg_query_free_parse_result(result_); }
  PgQueryResult(const PgQueryResult&) = delete;
  PgQueryResult& operator=(const PgQueryResult&) = delete;

  bool failed() const { return result_.error != nullptr || result_.parse_tree == nullptr; }
  std::string_view json() const { return result_.parse_tree; }

 private:
  PgQueryParseResult result_;
};

simdjson::dom::parser& parser_for(std::size_t bytes) {
  thread_local std::unique_ptr<simdjson::dom::parser> parser;
  if (parser == nullptr || parser->capacity() > k_kept_capacity) {
    parser = std::make_unique<simdjson::dom::parser>();
  }
  if (parser->capacity() < bytes) {
    const std::size_t capacity = std::max(bytes, std::size_t{16} << 10);
    CHECK(parser->allocate(capacity, k_deepest_tree) == simdjson::SUCCESS);
  }
  return *parser;
}

thread_local bool constant_read = false;

bool is_type_name(std::string_view key) {
  return !key.empty() && key.front() >= 'A' && key.front() <= 'Z';
}

}  // namespace

std::optional<JsonArray> parse_statements(std::string_view text) {
  constant_read = false;
  if (text.size() > k_longest_text) return std::nullopt;
  const PgQueryResult parsed{std::string(text)};
  if (parsed.failed()) return std::nullopt;
  JsonArray statements;
  auto root = parser_for(parsed.json().size()).parse(parsed.json().data(), parsed.json().size());
  if (root["stmts"].get(statements) != simdjson::SUCCESS) return std::nullopt;
  return statements;
}

std::optional<Node> as_node(Json value) {
  JsonObject object;
  if (value.get(object) != simdjson::SUCCESS || object.size() != 1) return std::nullopt;
  const auto member = *object.begin();
  JsonObject fields;
  if (!is_type_name(member.key) || member.value.get(fields) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return Node{member.key, fields};
}

std::optional<Json> field(const JsonObject& fields, const char* key) {
  Json value;
  if (fields.at_key(key).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<JsonObject> object_field(const JsonObject& fields, const char* key) {
  JsonObject value;
  if (fields.at_key(key).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<Node> node_field(const JsonObject& fields, const char* key) {
  const auto value = field(fields, key);
  return value ? as_node(*value) : std::nullopt;
}

std::optional<JsonArray> array_field(const JsonObject& fields, const char* key) {
  JsonArray value;
  if (fields.at_key(key).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::string_view text_field(const JsonObject& fields, const char* key) {
  std::string_view value;
  if (fields.at_key(key).get(value) != simdjson::SUCCESS) return {};
  return value;
}

std::int64_t number_field(const JsonObject& fields, const char* key) {
  std::int64_t value = 0;
  if (fields.at_key(key).get(value) != simdjson::SUCCESS) return 0;
  return value;
}

bool flag_field(const JsonObject& fields, const char* key) {
  bool value = false;
  return fields.at_key(key).get(value) == simdjson::SUCCESS && value;
}

std::optional<std::string> constant_string(const Node& node) {
  if (node.type == "String") return std::string(text_field(node.fields, "sval"));
  if (node.type == "TypeCast") {
    const auto inner = node_field(node.fields, "arg");
    return inner ? constant_string(*inner) : std::nullopt;
  }
  if (node.type != "A_Const") return std::nullopt;
  constant_read = true;
  const auto value = object_field(node.fields, "sval");
  if (!value) return std::nullopt;
  return std::string(text_field(*value, "sval"));
}

std::optional<std::string> constant_text(const Node& node) {
  if (auto text = constant_string(node)) return text;
  if (node.type == "Integer") return std::to_string(number_field(node.fields, "ival"));
  if (node.type == "Float") return std::string(text_field(node.fields, "fval"));
  if (node.type == "Boolean") return flag_field(node.fields, "boolval") ? "true" : "false";
  if (node.type == "TypeCast") {
    const auto inner = node_field(node.fields, "arg");
    return inner ? constant_text(*inner) : std::nullopt;
  }
  if (node.type != "A_Const") return std::nullopt;
  if (const auto value = object_field(node.fields, "ival")) {
    return std::to_string(number_field(*value, "ival"));
  }
  if (const auto value = object_field(node.fields, "fval")) {
    return std::string(text_field(*value, "fval"));
  }
  if (const auto value = object_field(node.fields, "boolval")) {
    return flag_field(*value, "boolval") ? "true" : "false";
  }
  return std::nullopt;
}

bool constant_was_read() { return constant_read; }

QualifiedName qualified_name(JsonArray names) {
  QualifiedName result;
  for (const Json name : names) {
    const auto node = as_node(name);
    result.schema = std::move(result.name);
    result.name = node ? constant_string(*node).value_or("") : "";
  }
  return result;
}

}  // namespace tidemark::sql
