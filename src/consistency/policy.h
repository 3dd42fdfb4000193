// Policy: the rules of a configuration, and which of them speak of a statement.
//
// For each relation that a statement touches the first rule that matches it decides alone; what is
// decided for its relations is merged. The tables behind a view and the ancestors of a partition
// are relations of their own. A rule without tables matches any relation. A statement that touches
// no relation is decided by the first rule without tables. Thread rule: immutable once made, shared
// freely.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "consistency/rule.h"
#include "consistency/ruling.h"

namespace tidemark::consistency {

constexpr std::size_t k_max_rules = 64;  // a set of rules is one machine word

using CompiledRules = std::vector<CompiledRule>;

// The rules that can match one client's statements. Clients for whom that is the same have equal
// scopes. The default-constructed one has no rules.
class Scope {
 public:
  struct Name {
    std::string_view schema, name;
    // A view, or a partition: where no rule matches it, the tables behind it, or its ancestors,
    // which are listed, too, speak for it.
    bool spoken_for = false;
  };

  Scope() = default;

  // No rule can match: every ruling is the default-constructed one.
  bool empty() const { return mine_ == 0 && strong_on_standbys_ == 0; }

  // `read`, `from`, `otherwise`, `wait` come from the rules of what is read, `write` from those of
  // what is written. Unknown: as if every rule of the scope matched something, and none something
  // else.
  Ruling of(std::span<const Name> reads, std::span<const Name> writes, bool reads_unknown,
            bool writes_unknown) const;

  // What may read and write anything.
  Ruling everything() const { return of({}, {}, true, true); }

  // "inventory, rule 2": those of Ruling::rules, in order. Without those that there are not: what
  // was decided by a former policy can outlive it.
  std::string labels(std::uint64_t rules) const;

  friend bool operator==(const Scope&, const Scope&) = default;

 private:
  friend class Policy;

  const CompiledRule* first_match(const Name& name, std::uint64_t& bit) const;
  const CompiledRule* first_without_tables(std::uint64_t& bit) const;
  Ruling of_read(const Name& name) const;
  Ruling of_write(const Name& name) const;

  std::shared_ptr<const CompiledRules> rules_;
  std::uint64_t mine_ = 0;                // bit i: rule i can match
  std::uint64_t strong_on_standbys_ = 0;  // those, of any client of the database, that say so
};

class Policy {
 public:
  Policy() : Policy(std::vector<Rule>{}) {}
  // REQUIRES: at most k_max_rules, each as CompiledRule requires.
  explicit Policy(std::vector<Rule> rules);

  Scope scope(const Reader& reader) const;
  std::size_t size() const { return rules_->size(); }

 private:
  std::shared_ptr<const CompiledRules> rules_;
};

}  // namespace tidemark::consistency
