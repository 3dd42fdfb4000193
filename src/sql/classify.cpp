#include "sql/classify.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "sql/comments.h"
#include "sql/normalise.h"
#include "sql/parse_tree.h"
#include "sql/shape_proof.h"
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

// Where names behind it in the same text may mean something else than the path says.
bool may_change_path(const Statement& part) {
  return part.all_settings || part.local_settings || part.opaque ||
         part.pin == Pin::k_settings_unknown || part.pin == Pin::k_session_authorization ||
         controls_transaction(part.kind) ||
         std::ranges::find(part.settings, "role") != part.settings.end() ||
         std::ranges::find(part.settings, "search_path") != part.settings.end();
}

// Takes a SET TRANSACTION into the BEGIN that it stands behind. False: it is something else.
bool add_to_begin(const Statement& part, Statement& begin) {
  constexpr std::uint8_t k_most = 100;
  const bool plain = part.why_primary == nullptr || part.isolation == Isolation::k_serializable;
  if (part.kind != Kind::k_set_transaction || part.session_characteristics || !plain) return false;
  if (begin.sets_of_begin == k_most) return false;
  ++begin.sets_of_begin;
  if (part.read_only) begin.read_only = part.read_only;
  if (part.isolation) begin.isolation = part.isolation;
  if (part.deferrable) begin.deferrable = part.deferrable;
  begin.local_settings = true;
  Effects effects = effects_of(begin);
  effects.merge(effects_of(part));
  apply(effects, begin);
  return true;
}

Statement judge_all(const std::optional<JsonArray>& statements, const Catalogue& catalogue,
                    const SearchPath& path) {
  if (!statements) return unparsed();
  if (statements->size() == 0) return {};
  Statement whole;
  whole.kind = Kind::k_multi;
  std::optional<Statement> behind_end;
  bool ended = false;
  std::optional<Statement> begin;  // while nothing else than what belongs to it has come
  bool first = true;
  SearchPath in_force = path;
  for (const Json item : *statements) {
    JsonObject fields;
    if (item.get(fields) != simdjson::SUCCESS) return unparsed();
    const auto node = node_field(fields, "stmt");
    if (!node) return unparsed();
    Statement part = judge_statement(*node, catalogue, in_force);
    if (statements->size() == 1) return part;
    if (std::exchange(first, false)) {
      if (part.kind == Kind::k_begin) begin = part;
    } else if (begin && !add_to_begin(part, *begin)) {
      begin.reset();
    }
    if (may_change_path(part)) in_force = SearchPath();
    if (ended) {
      if (!behind_end) (behind_end.emplace()).kind = Kind::k_multi;
      merge_part(Statement(part), *behind_end);
    }
    ended = ended || ends_transaction(part.kind);
    merge_part(std::move(part), whole);
  }
  if (begin) return *std::move(begin);
  if (behind_end) {
    normalise(*behind_end);
    whole.behind_end = std::make_shared<const Statement>(*std::move(behind_end));
  }
  normalise(whole);
  return whole;
}

Statement judge_parsed(std::string_view text, const Catalogue& catalogue, const SearchPath& path) {
  return judge_all(parse_statements(text), catalogue, path);
}

Statement judge_text(std::string_view text, const Catalogue& catalogue, const SearchPath& path) {
  if (text.find('\0') != std::string_view::npos) return unparsed();
  if (text.size() > k_longest_text) return unparsed();
  if (simdjson::validate_utf8(text.data(), text.size())) return judge_parsed(text, catalogue, path);
  // In some encodings of East Asia a backslash may be half of a character.
  if (text.find('\\') != std::string_view::npos) return unparsed();
  return judge_parsed(made_valid(text), catalogue, path);
}

// A text that is not understood may end a transaction and go on, unless it is a single statement.
void add_what_may_follow(std::string_view text, Statement& statement) {
  if (statement.kind != Kind::k_unparsed) return;
  const std::size_t end = text.find(';');
  if (end == std::string_view::npos || text.find_first_not_of("; \t\r\n", end) == text.npos) return;
  statement.behind_end = std::make_shared<const Statement>(unparsed());
}

}  // namespace

std::shared_ptr<const Statement> classify(std::string_view text, const Catalogue& catalogue,
                                          const SearchPath& path) {
  Statement statement = judge_text(text, catalogue, path);
  add_what_may_follow(text, statement);
  statement.hints = hints_of(text);
  return std::make_shared<const Statement>(std::move(statement));
}

Judged classify(std::string_view text, const ShapeScanner& scanner, const Catalogue& catalogue,
                const SearchPath& path) {
  const auto statements = parse_statements(text);
  Statement statement = judge_all(statements, catalogue, path);
  const bool by_shape = statements && is_judged_by_shape(scanner, text, *statements);
  add_what_may_follow(text, statement);
  statement.hints = hints_of(text);
  return {std::make_shared<const Statement>(std::move(statement)), by_shape};
}

}  // namespace tidemark::sql
