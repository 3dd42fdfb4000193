#include "sql/shape_proof.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace tidemark::sql {
namespace {

using Literal = ShapeScanner::Literal;
using LiteralKind = ShapeScanner::LiteralKind;

struct Constant {
  std::size_t at;
  JsonObject fields;
};

void gather_constants(Json value, std::vector<Constant>& constants) {
  if (JsonArray items; value.get(items) == simdjson::SUCCESS) {
    for (const Json item : items) gather_constants(item, constants);
    return;
  }
  JsonObject fields;
  if (value.get(fields) != simdjson::SUCCESS) return;
  for (const auto member : fields) {
    JsonObject constant;
    if (member.key == "A_Const" && member.value.get(constant) == simdjson::SUCCESS) {
      const auto at = number_field(constant, "location");
      if (at > 0) constants.push_back({static_cast<std::size_t>(at), constant});
    } else {
      gather_constants(member.value, constants);
    }
  }
}

std::string unquoted(std::string_view quoted) {
  std::string text;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    text += quoted[i];
    if (quoted[i] == '\'') ++i;
  }
  return text;
}

bool has_value(const JsonObject& constant, const Literal& literal, std::string_view text,
               bool negative) {
  const std::string_view written = text.substr(literal.at, literal.size);
  if (literal.kind == LiteralKind::k_string) {
    const auto value = object_field(constant, "sval");
    return value && text_field(*value, "sval") == unquoted(written);
  }
  if (literal.kind == LiteralKind::k_number) {
    const auto value = object_field(constant, "fval");
    return value && text_field(*value, "fval") == (negative ? "-" : "") + std::string(written);
  }
  const auto value = object_field(constant, "ival");
  if (!value) return false;
  const std::int64_t told = number_field(*value, "ival");
  const std::int64_t number = std::stoll(std::string(written));
  // libpg_query leaves out numbers below zero as if they were zero.
  return negative ? told == 0 || told == -number : told == number;
}

bool is_constant(const Literal& literal, std::string_view text,
                 const std::vector<Constant>& constants) {
  const auto stands_at = [&](std::size_t at, bool negative) {
    const auto found = std::ranges::lower_bound(constants, at, {}, &Constant::at);
    return found != constants.end() && found->at == at &&
           has_value(found->fields, literal, text, negative);
  };
  if (stands_at(literal.at, false)) return true;
  return literal.minus != Literal::k_no_minus && stands_at(literal.minus, true);
}

// Of these nothing but the parts that are walked is looked at.
bool is_plain(const Node& node) {
  return node.type == "SelectStmt" || node.type == "InsertStmt" || node.type == "UpdateStmt" ||
         node.type == "DeleteStmt" || node.type == "MergeStmt";
}

}  // namespace

bool is_judged_by_shape(const ShapeScanner& scanner, std::string_view text,
                        const JsonArray& statements) {
  if (constant_was_read() || statements.size() != 1) return false;
  JsonObject statement;
  if (statements.at(0).get(statement) != simdjson::SUCCESS) return false;
  const auto node = node_field(statement, "stmt");
  if (!node || !is_plain(*node)) return false;
  std::vector<Constant> constants;
  gather_constants(statements.at(0), constants);
  std::ranges::sort(constants, {}, &Constant::at);
  return std::ranges::all_of(scanner.literals(), [&](const Literal& literal) {
    return is_constant(literal, text, constants);
  });
}

}  // namespace tidemark::sql
