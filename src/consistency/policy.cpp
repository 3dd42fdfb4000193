#include "consistency/policy.h"

#include <bit>
#include <utility>

#include "base/check.h"

namespace tidemark::consistency {
namespace {

// What a rule says of one relation that is read; null: no rule matches it.
Ruling reading(const CompiledRule* compiled, std::uint64_t bit) {
  Ruling ruling{.read_by_default = true, .otherwise_by_default = true, .wait_by_default = true};
  if (compiled == nullptr) return ruling;
  const Rule& rule = compiled->rule();
  if (rule.read) ruling.read = promise_of(*rule.read);
  ruling.read_by_default = !rule.read;
  ruling.sources = compiled->sources();
  ruling.otherwise = rule.otherwise;
  ruling.otherwise_by_default = !rule.otherwise;
  ruling.wait = rule.wait;
  ruling.wait_by_default = !rule.wait;
  if (compiled->rules_reads()) ruling.rules = bit;
  return ruling;
}

// … that is written.
Ruling writing(const CompiledRule* compiled, std::uint64_t bit) {
  if (compiled == nullptr || !compiled->rules_writes()) return {.write_by_default = true};
  return {.write = compiled->rule().write, .rules = bit};
}

// Calls visit(bit, place) for each bit of the set, the lowest first, until it returns true.
template <class Visit>
void each_bit(std::uint64_t set, Visit visit) {
  for (; set != 0; set &= set - 1) {
    if (visit(set & ~(set - 1), static_cast<std::size_t>(std::countr_zero(set)))) return;
  }
}

}  // namespace

const CompiledRule* Scope::first_match(const Name& name, std::uint64_t& bit) const {
  const CompiledRule* found = nullptr;
  each_bit(mine_, [&](std::uint64_t its_bit, std::size_t place) {
    const CompiledRule& rule = (*rules_)[place];
    if (!rule.matches(name.schema, name.name)) return false;
    found = &rule;
    bit = its_bit;
    return true;
  });
  return found;
}

const CompiledRule* Scope::first_without_tables(std::uint64_t& bit) const {
  const CompiledRule* found = nullptr;
  each_bit(mine_, [&](std::uint64_t its_bit, std::size_t place) {
    const CompiledRule& rule = (*rules_)[place];
    if (!rule.matches_any_table()) return false;
    found = &rule;
    bit = its_bit;
    return true;
  });
  return found;
}

Ruling Scope::of_read(const Name& name) const {
  std::uint64_t bit = 0;
  const CompiledRule* rule = first_match(name, bit);
  Ruling ruling = rule == nullptr && name.spoken_for ? Ruling{} : reading(rule, bit);
  each_bit(strong_on_standbys_, [&](std::uint64_t, std::size_t place) {
    ruling.strong_on_standbys = (*rules_)[place].matches(name.schema, name.name);
    return ruling.strong_on_standbys;
  });
  ruling.strong_on_primary = !ruling.strong_on_standbys && !name.spoken_for;
  return ruling;
}

Ruling Scope::of_write(const Name& name) const {
  std::uint64_t bit = 0;
  const CompiledRule* rule = first_match(name, bit);
  return rule == nullptr && name.spoken_for ? Ruling{} : writing(rule, bit);
}

Ruling Scope::of(std::span<const Name> reads, std::span<const Name> writes, bool reads_unknown,
                 bool writes_unknown) const {
  if (empty()) return {};
  Ruling ruling;
  for (const Name& name : reads) ruling = merge(ruling, of_read(name));
  for (const Name& name : writes) ruling = merge(ruling, of_write(name));
  if (reads.empty() && !reads_unknown) {
    std::uint64_t bit = 0;
    const CompiledRule* rule = first_without_tables(bit);
    ruling = merge(ruling, reading(rule, bit));
  }
  if (reads_unknown) {
    ruling = merge(ruling, reading(nullptr, 0));
    ruling.strong_on_primary = true;
    ruling.strong_on_standbys = strong_on_standbys_ != 0;
  }
  if (writes_unknown) ruling = merge(ruling, writing(nullptr, 0));
  each_bit(mine_, [&](std::uint64_t bit, std::size_t place) {
    const CompiledRule& rule = (*rules_)[place];
    if (reads_unknown) ruling = merge(ruling, reading(&rule, bit));
    if (writes_unknown) ruling = merge(ruling, writing(&rule, bit));
    return false;
  });
  return ruling;
}

std::string Scope::labels(std::uint64_t rules) const {
  std::string text;
  each_bit(rules, [&](std::uint64_t, std::size_t place) {
    if (rules_ == nullptr || place >= rules_->size()) return true;
    if (!text.empty()) text += ", ";
    text += (*rules_)[place].rule().label;
    return false;
  });
  return text;
}

Policy::Policy(std::vector<Rule> rules) {
  CHECK(rules.size() <= k_max_rules);
  auto compiled = std::make_shared<CompiledRules>();
  for (Rule& rule : rules) compiled->emplace_back(std::move(rule));
  rules_ = std::move(compiled);
}

Scope Policy::scope(const Reader& reader) const {
  Scope scope;
  scope.rules_ = rules_;
  for (std::size_t place = 0; place < rules_->size(); ++place) {
    const CompiledRule& rule = (*rules_)[place];
    const std::uint64_t bit = std::uint64_t{1} << place;
    if (rule.matches(reader)) scope.mine_ |= bit;
    const bool of_the_database = rule.matches_database(reader.database);
    if (of_the_database && rule.is_strong_on_standbys()) scope.strong_on_standbys_ |= bit;
  }
  return scope;
}

}  // namespace tidemark::consistency
