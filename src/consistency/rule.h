// Rule: one of a policy's rules, and what it matches.
// Thread rule: immutable once made, shared freely.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "consistency/level.h"
#include "consistency/pattern.h"
#include "consistency/ruling.h"

namespace tidemark::consistency {

struct Rule {
  std::string label = {};  // its `name`, or "rule 1"

  // Which clients and relations it speaks of; each matches if one of its patterns does, and
  // whatever it is if there are none.
  std::vector<std::string> tables = {};  // as TablePattern::parse takes them
  std::vector<std::string> roles = {};   // as NamePattern::with_wildcards
  std::vector<std::string> databases = {};
  std::vector<std::string> application_names = {};

  // What it says; what is absent is left to the defaults, not to a later rule.
  std::optional<Level> read = {};          // not `policy`
  Durability write = Durability::k_unset;  // of transactions that write to the tables
  std::optional<Sources> from = {};
  std::vector<std::string> from_names = {};  // the same as it was written
  std::optional<Otherwise> otherwise = {};
  std::optional<Duration> wait = {};
};

// Who sends a statement, as far as rules mind.
struct Reader {
  std::string_view role = {};
  std::string_view database = {};
  std::string_view application_name = {};
};

// A rule ready to be matched.
class CompiledRule {
 public:
  // REQUIRES: the table patterns are right, read is not `policy`.
  explicit CompiledRule(Rule rule);

  const Rule& rule() const { return rule_; }
  bool matches(const Reader& reader) const;
  bool matches_database(std::string_view database) const;
  bool matches(std::string_view schema, std::string_view name) const;
  bool matches_any_table() const { return tables_.empty(); }

  // Has a say about reads; about writes.
  bool rules_reads() const;
  bool rules_writes() const { return rule_.write != Durability::k_unset; }
  // Which nodes may serve what it speaks of. Strong means the primary unless it says otherwise.
  Sources sources() const;
  bool is_strong() const { return rule_.read && rule_.read->kind == Level::Kind::k_strong; }
  bool is_strong_on_standbys() const { return is_strong() && !sources().any_primary(); }

  // Whether every client of the other's is this one's, too; whether they share any.
  bool contains_clients(const CompiledRule& other) const;
  bool shares_clients(const CompiledRule& other) const;
  // Whether they can match the same table of the same database, for whatever client.
  bool shares_tables(const CompiledRule& other) const;

  // Empty: any relation.
  const std::vector<TablePattern>& tables() const { return tables_; }
  bool contains_table(const TablePattern& table) const;

 private:
  Rule rule_;
  std::vector<TablePattern> tables_;
  std::vector<NamePattern> roles_, databases_, application_names_;
};

}  // namespace tidemark::consistency
