// PostgreSQL's parser (libpg_query) and its tree, which comes as JSON. A node is an object with one
// member, named after the node's type: {"RangeVar": {"relname": "t", …}}. A field whose type is
// fixed in PostgreSQL's sources holds the bare struct instead: "relation": {"relname": "t", …}.
// Members that are false, zero or empty are left out.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemark::sql {

using Json = simdjson::dom::element;
using JsonObject = simdjson::dom::object;
using JsonArray = simdjson::dom::array;

// Longer texts are not parsed. The parser recurses once per operator of a chain (1+1+1+…), in about
// 128 bytes of stack: at this length, two bytes a link, it stays below 5 MB of the usual 8.
inline constexpr std::size_t k_longest_text = std::size_t{64} << 10;

// Trees with a deeper nest of JSON values (two to an operator) are not walked.
inline constexpr std::size_t k_deepest_tree = 4096;

// The statements of the text, each {"stmt": node, …}. Nothing if PostgreSQL's grammar refuses the
// text, or it is too long or too deep. The tree is this thread's and lives until its next call.
std::optional<JsonArray> parse_statements(std::string_view text);

// A node taken apart. `fields` is its struct.
struct Node {
  std::string_view type;
  JsonObject fields;
};

// Nothing unless the value is an object with the single member that makes it a node.
std::optional<Node> as_node(Json value);

// Fields of a struct; the absent value where there is none.
std::optional<Json> field(const JsonObject& fields, const char* key);
std::optional<JsonObject> object_field(const JsonObject& fields, const char* key);
std::optional<Node> node_field(const JsonObject& fields, const char* key);
std::optional<JsonArray> array_field(const JsonObject& fields, const char* key);
std::string_view text_field(const JsonObject& fields, const char* key);
std::int64_t number_field(const JsonObject& fields, const char* key);
bool flag_field(const JsonObject& fields, const char* key);

// The text of a String node, or of a string constant, casts around it ('x'::text) set aside.
std::optional<std::string> constant_string(const Node& node);

// Any constant as text (a boolean as "true" or "false"); nothing if it is NULL or no constant.
std::optional<std::string> constant_text(const Node& node);

// Whether the two above have looked at a constant of this thread's tree. There is no other way to
// the value of one.
bool constant_was_read();

// The last two names of a list of String nodes: schema (or empty) and name.
struct QualifiedName {
  std::string schema;
  std::string name;
};
QualifiedName qualified_name(JsonArray names);

}  // namespace tidemark::sql
