#include "sql/node_tree.h"

#include <charconv>
#include <cstddef>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace tidemark::sql {
namespace {

// As pg_strtok() cuts them: blanks separate, parentheses and braces stand alone, and a backslash
// takes the meaning from what follows, so that no name or string can be taken for a field.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) {}

  // Empty at the end.
  std::string_view next() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    if (rest_.empty()) return {};
    std::size_t size = 0;
    if (is_bracket(rest_.front())) {
      size = 1;
    } else {
      while (size < rest_.size() && !is_blank(rest_[size]) && !is_bracket(rest_[size])) {
        size += rest_[size] == '\\' && size + 1 < rest_.size() ? 2 : 1;
      }
    }
    const std::string_view token = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return token;
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t'; }
  static bool is_bracket(char c) { return c == '(' || c == ')' || c == '{' || c == '}'; }

  std::string_view rest_;
};

std::optional<Oid> as_oid(std::string_view token) {
  Oid oid = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), oid);
  if (error != std::errc() || end != token.data() + token.size()) return std::nullopt;
  return oid;
}

enum class Field {
  k_function,
  k_call,  // a function whose arguments follow
  k_operator,
  k_operators,
  k_relation,
  k_type,
  k_arguments,
  k_command,
  k_other,
};

Field field_of(std::string_view token) {
  static const std::unordered_map<std::string_view, Field> fields = {
      {":funcid", Field::k_call},        {":opfuncid", Field::k_function},
      {":aggfnoid", Field::k_function},  {":winfnoid", Field::k_function},
      {":opno", Field::k_operator},      {":eqop", Field::k_operator},
      {":sortop", Field::k_operator},    {":opnos", Field::k_operators},
      {":relid", Field::k_relation},     {":seqid", Field::k_relation},
      {":resulttype", Field::k_type},    {":args", Field::k_arguments},
      {":commandType", Field::k_command}};
  if (!token.starts_with(':')) return Field::k_other;
  const auto found = fields.find(token);
  return found == fields.end() ? Field::k_other : found->second;
}

class Reader {
 public:
  explicit Reader(std::string_view tree) : tokens_(tree) {}

  std::optional<TreeUses> read() {
    for (std::string_view token = tokens_.next(); !token.empty(); token = tokens_.next()) {
      if (!nest(token) || !take(token)) return std::nullopt;
    }
    if (depth_ != 0 || nodes_ == 0) return std::nullopt;
    return std::move(uses_);
  }

 private:
  // Counts the brackets. False where they do not match.
  bool nest(std::string_view token) {
    if (token == "{") ++nodes_;
    if (token == "{" || token == "(") ++depth_;
    if (token == "}" || token == ")") --depth_;
    return depth_ >= 0;
  }

  bool take(std::string_view token) {
    if (token == "ROWMARKCLAUSE") uses_.locks_rows = true;
    if (token == "ONCONFLICTEXPR") uses_.actions |= k_updates;
    switch (field_of(token)) {
      case Field::k_call:
        calls_ = true;
        return function();
      case Field::k_function:
        return function();
      case Field::k_operator:
        return one(uses_.operators);
      case Field::k_operators:
        return list(uses_.operators);
      case Field::k_relation:
        return one(uses_.relations);
      case Field::k_type:
        return one(uses_.types);
      case Field::k_arguments:
        return arguments();
      case Field::k_command:
        return command();
      case Field::k_other:
        return true;
    }
    return true;
  }

  bool function() {
    const auto oid = as_oid(tokens_.next());
    if (oid && *oid != 0) uses_.functions.push_back({.function = *oid});
    return oid.has_value();
  }

  // CmdType of nodes/nodes.h: 1 to 4 are the same in all versions.
  bool command() {
    const auto type = as_oid(tokens_.next());
    if (!type) return false;
    if (*type == 2) uses_.actions |= k_updates;
    if (*type == 3) uses_.actions |= k_inserts;
    if (*type == 4) uses_.actions |= k_deletes;
    uses_.has_utility = uses_.has_utility || *type > 4;
    return true;
  }

  bool one(std::vector<Oid>& to) {
    const auto oid = as_oid(tokens_.next());
    if (oid && *oid != 0) to.push_back(*oid);
    return oid.has_value();
  }

  // (o 96 97)
  bool list(std::vector<Oid>& to) {
    if (tokens_.next() != "(" || tokens_.next() != "o") return false;
    for (std::string_view token = tokens_.next(); token != ")"; token = tokens_.next()) {
      const auto oid = as_oid(token);
      if (!oid) return false;
      to.push_back(*oid);
    }
    return true;
  }

  // Of the call just met, or of anything else. Looks ahead in a copy: what is there counts anyway.
  bool arguments() {
    if (!std::exchange(calls_, false) || uses_.functions.empty()) return true;
    Tokens ahead = tokens_;
    if (ahead.next() != "(" || ahead.next() != "{" || ahead.next() != "CONST") return true;
    for (std::string_view token = ahead.next(); token != ":constvalue"; token = ahead.next()) {
      if (token.empty() || token == "}") return true;
    }
    uses_.functions.back().names_own_setting = has_dot(ahead);
    return true;
  }

  // 9 [ 36 0 0 0 97 46 98 46 99 ]: a text's bytes behind the 4 of its length.
  static bool has_dot(Tokens& ahead) {
    if (!as_oid(ahead.next()) || ahead.next() != "[") return false;
    for (int at = 0;; ++at) {
      const std::string_view byte = ahead.next();
      if (byte.empty() || byte == "]") return false;
      if (at >= 4 && byte == "46") return true;
    }
  }

  Tokens tokens_;
  TreeUses uses_;
  bool calls_ = false;  // a :funcid came whose :args did not yet
  int depth_ = 0;
  int nodes_ = 0;
};

}  // namespace

std::optional<TreeUses> uses_of_tree(std::string_view tree) { return Reader(tree).read(); }

}  // namespace tidemark::sql
