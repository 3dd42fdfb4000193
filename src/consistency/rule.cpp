#include "consistency/rule.h"

#include <algorithm>

#include "base/check.h"

namespace tidemark::consistency {
namespace {

std::vector<NamePattern> patterns(const std::vector<std::string>& texts) {
  std::vector<NamePattern> compiled;
  for (const std::string& text : texts) compiled.push_back(NamePattern::with_wildcards(text));
  return compiled;
}

// In the following no patterns at all stand for any name.

bool matches_one(const std::vector<NamePattern>& patterns, std::string_view name) {
  return patterns.empty() || std::ranges::any_of(patterns, [&](const NamePattern& pattern) {
           return pattern.matches(name);
         });
}

template <class Pattern>
bool contains_all(const std::vector<Pattern>& one, const std::vector<Pattern>& other) {
  if (one.empty()) return true;
  if (other.empty()) return false;
  return std::ranges::all_of(other, [&](const Pattern& theirs) {
    return std::ranges::any_of(one, [&](const Pattern& ours) { return ours.contains(theirs); });
  });
}

template <class Pattern>
bool overlap(const std::vector<Pattern>& one, const std::vector<Pattern>& other) {
  if (one.empty() || other.empty()) return true;
  return std::ranges::any_of(other, [&](const Pattern& theirs) {
    return std::ranges::any_of(one, [&](const Pattern& ours) { return ours.overlaps(theirs); });
  });
}

}  // namespace

CompiledRule::CompiledRule(Rule rule)
    : rule_(std::move(rule)),
      roles_(patterns(rule_.roles)),
      databases_(patterns(rule_.databases)),
      application_names_(patterns(rule_.application_names)) {
  CHECK(!rule_.read || rule_.read->kind != Level::Kind::k_policy);
  for (const std::string& text : rule_.tables) {
    auto pattern = TablePattern::parse(text);
    CHECK(pattern.has_value());
    tables_.push_back(std::move(*pattern));
  }
}

bool CompiledRule::matches(const Reader& reader) const {
  return matches_one(roles_, reader.role) && matches_one(databases_, reader.database) &&
         matches_one(application_names_, reader.application_name);
}

bool CompiledRule::matches_database(std::string_view database) const {
  return matches_one(databases_, database);
}

bool CompiledRule::matches(std::string_view schema, std::string_view name) const {
  return tables_.empty() || std::ranges::any_of(tables_, [&](const TablePattern& pattern) {
           return pattern.matches(schema, name);
         });
}

bool CompiledRule::rules_reads() const {
  return rule_.read || rule_.from || rule_.otherwise || rule_.wait;
}

Sources CompiledRule::sources() const {
  if (rule_.from) return *rule_.from;
  return is_strong() ? k_primary_only : Sources{};
}

bool CompiledRule::contains_clients(const CompiledRule& other) const {
  return contains_all(roles_, other.roles_) && contains_all(databases_, other.databases_) &&
         contains_all(application_names_, other.application_names_);
}

bool CompiledRule::shares_clients(const CompiledRule& other) const {
  return overlap(roles_, other.roles_) && overlap(databases_, other.databases_) &&
         overlap(application_names_, other.application_names_);
}

bool CompiledRule::shares_tables(const CompiledRule& other) const {
  return overlap(tables_, other.tables_) && overlap(databases_, other.databases_);
}

bool CompiledRule::contains_table(const TablePattern& table) const {
  return tables_.empty() || std::ranges::any_of(tables_, [&](const TablePattern& pattern) {
           return pattern.contains(table);
         });
}

}  // namespace tidemark::consistency
