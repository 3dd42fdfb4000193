#include "sql/classify.h"

#include <simdjson.h>

#include <string>
#include <utility>

#include "sql/comments.h"
#include "sql/normalise.h"
#include "sql/parse_tree.h"
#include "sql/utility.h"

namespace tidemark::sql {
namespace {

// A text in some other encoding, with its bytes beyond ASCII made valid. Names that had any match
// nothing afterwards, which is the safe side.
std::string made_valid(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x80) {
      result += c;
    } else {
      result += "\xEF\xBF\xBD";
    }
  }
  return result;
}

Statement judge_parsed(std::string_view text, const Catalogue& catalogue) {
  const auto statements = parse_statements(text);
  if (!statements) return unparsed();
  if (statements->size() == 0) return {};
  Statement whole;
  whole.kind = Kind::k_multi;
  for (const Json item : *statements) {
    JsonObject fields;
    if (item.get(fields) != simdjson::SUCCESS) return unparsed();
    const auto node = node_field(fields, "stmt");
    if (!node) return unparsed();
    Statement part = judge_statement(*node, catalogue);
    if (statements->size() == 1) return part;
    merge_part(std::move(part), whole);
  }
  normalise(whole);
  return whole;
}

Statement judge_text(std::string_view text, const Catalogue& catalogue) {
  if (text.find('\0') != std::string_view::npos) return unparsed();
  if (text.size() > k_longest_text) return unparsed();
  if (simdjson::validate_utf8(text.data(), text.size())) return judge_parsed(text, catalogue);
  // In some encodings of East Asia a backslash may be half of a character.
  if (text.find('\\') != std::string_view::npos) return unparsed();
  return judge_parsed(made_valid(text), catalogue);
}

}  // namespace

std::shared_ptr<const Statement> classify(std::string_view text, const Catalogue& catalogue) {
  Statement statement = judge_text(text, catalogue);
  statement.hints = hints_of(text);
  return std::make_shared<const Statement>(std::move(statement));
}

}  // namespace tidemark::sql
