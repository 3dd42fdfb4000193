#include "consistency/policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "base/random.h"

namespace tidemark::consistency {
namespace {

using namespace std::chrono_literals;
using Name = Scope::Name;

Level level(std::string_view text) { return *parse_level(text); }
Promise promise(std::string_view text) { return promise_of(level(text)); }

constexpr Reader k_somebody{.role = "app", .database = "shop", .application_name = "web"};

Ruling reading(const Policy& policy, std::vector<Name> names, const Reader& reader = k_somebody) {
  return policy.scope(reader).of(names, {}, false, false);
}

Ruling writing(const Policy& policy, std::vector<Name> names) {
  return policy.scope(k_somebody).of({}, names, false, false);
}

TEST(Policy, TheFirstMatchDecidesAloneForEachRelation) {
  const Policy policy({{.label = "one", .tables = {"stock"}, .wait = 1s},
                       {.label = "any", .read = level("eventual"), .wait = 2s}});
  const Ruling stock = reading(policy, {{"shop", "stock"}});
  EXPECT_FALSE(stock.read);
  EXPECT_EQ(stock.wait, 1s);
  EXPECT_EQ(stock.rules, 0b01U);
  const Ruling both = reading(policy, {{"shop", "stock"}, {"shop", "page"}});
  EXPECT_EQ(both.read, promise("eventual"));
  EXPECT_TRUE(both.read_by_default);
  EXPECT_EQ(both.wait, 1s);
  EXPECT_EQ(both.rules, 0b11U);
  EXPECT_EQ(policy.scope(k_somebody).labels(both.rules), "one, any");
}

TEST(Policy, AStatementWithoutRelationsGetsTheFirstRuleWithoutTables) {
  const Policy policy({{.tables = {"*"}, .wait = 1s}, {.roles = {"app"}, .wait = 2s}});
  EXPECT_EQ(reading(policy, {}).wait, 2s);
  EXPECT_EQ(reading(policy, {{"s", "t"}}).wait, 1s);
  EXPECT_FALSE(reading(policy, {}, {.role = "other"}).wait);
}

TEST(Policy, RulesOfWrittenTablesSayHowDurableAndNothingElse) {
  const Policy policy(
      {{.tables = {"ledger.*"}, .read = level("strong"), .write = Durability::k_remote_apply}});
  const Ruling ruling = writing(policy, {{"ledger", "entry"}});
  EXPECT_EQ(ruling.write, Durability::k_remote_apply);
  EXPECT_FALSE(ruling.write_by_default);
  EXPECT_FALSE(ruling.read);
  EXPECT_TRUE(writing(policy, {{"ledger", "entry"}, {"shop", "cart"}}).write_by_default);
  EXPECT_EQ(reading(policy, {{"ledger", "entry"}}).write, Durability::k_unset);
}

TEST(Policy, ARelationThatOthersSpeakForAddsNoDefault) {
  const Policy policy({{.tables = {"stock"}, .read = level("eventual"), .write = Durability::k_off},
                       {.tables = {"shelf"}, .read = level("causal")}});
  const Name stock{"shop", "stock"};
  const auto reads = reading(policy, {stock, {"shop", "stock_1", true}});
  EXPECT_FALSE(reads.read_by_default);
  EXPECT_FALSE(writing(policy, {stock, {"shop", "stock_1", true}}).write_by_default);
  EXPECT_TRUE(reading(policy, {stock, {"shop", "stock_1"}}).read_by_default);
  EXPECT_EQ(reading(policy, {stock, {"shop", "shelf", true}}).read, promise("causal"));
}

TEST(Policy, WhatIsUnknownIsRuledByEveryRuleAndByTheDefaults) {
  const Policy policy({{.tables = {"a"}, .read = level("session"), .write = Durability::k_off},
                       {.tables = {"b"}, .read = level("bounded(2s)"), .write = Durability::k_on}});
  const Ruling ruling = policy.scope(k_somebody).everything();
  EXPECT_EQ(to_string(*ruling.read), "session+bounded(2s)");
  EXPECT_EQ(ruling.write, Durability::k_on);
  EXPECT_TRUE(ruling.read_by_default);
  EXPECT_TRUE(ruling.write_by_default);
}

TEST(Policy, StrongMeansThePrimaryUnlessTheRuleSaysStandbys) {
  const Policy policy({{.tables = {"a"}, .read = level("strong")},
                       {.tables = {"b"}, .read = level("strong"), .from = k_standbys_only}});
  EXPECT_EQ(reading(policy, {{"s", "a"}}).sources, k_primary_only);
  EXPECT_EQ(reading(policy, {{"s", "b"}}).sources, k_standbys_only);
  EXPECT_TRUE(reading(policy, {{"s", "a"}, {"s", "b"}}).sources.none());
}

TEST(Policy, WhereStrongReadsComeFromIsTheSameForEveryClientOfTheDatabase) {
  const Policy policy({{.tables = {"stock"},
                        .roles = {"report"},
                        .databases = {"shop"},
                        .read = level("strong"),
                        .from = k_standbys_only}});
  const std::optional<Level> asked = level("strong");
  const auto sources = [&](const Reader& reader) {
    return effective_sources(reading(policy, {{"s", "stock"}}, reader), asked, level("session"));
  };
  EXPECT_EQ(sources({.role = "report", .database = "shop"}), k_standbys_only);
  EXPECT_EQ(sources({.role = "app", .database = "shop"}), k_standbys_only);
  EXPECT_EQ(sources({.role = "app", .database = "other"}), k_primary_only);
}

TEST(Policy, APartitionHasItsStrongReadsWhereItsParentHasThem) {
  const Policy policy({{.tables = {"stock"}, .read = level("strong"), .from = k_standbys_only}});
  const auto sources = [&](bool spoken_for) {
    const Ruling ruling = reading(policy, {{"s", "stock"}, {"s", "stock_1", spoken_for}});
    return effective_sources(ruling, level("strong"), level("session"));
  };
  EXPECT_EQ(sources(true), k_standbys_only);
  EXPECT_TRUE(sources(false).none());
}

TEST(Policy, ClientsForWhomTheSameRulesCanMatchHaveEqualScopes) {
  const Policy policy({{.roles = {"app*"}, .wait = 1s}, {.databases = {"logs"}, .wait = 2s}});
  EXPECT_EQ(policy.scope({.role = "app1"}), policy.scope({.role = "app2"}));
  EXPECT_FALSE(policy.scope({.role = "app1"}) == policy.scope({.role = "else"}));
  EXPECT_TRUE(policy.scope({.role = "else"}).empty());
  EXPECT_TRUE(Policy().scope(k_somebody).empty());
  EXPECT_TRUE(Scope().empty());
  EXPECT_EQ(Scope().everything(), Ruling{});
}

// The twin knows names only, no patterns, and goes through the rules one relation at a time.
class DumbPolicy {
 public:
  explicit DumbPolicy(std::vector<Rule> rules) : rules_(std::move(rules)) {}

  std::optional<std::size_t> first(const Reader& reader, const std::string& table) const {
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      const Rule& rule = rules_[i];
      const auto listed = [](const auto& list, std::string_view name) {
        return list.empty() || std::ranges::count(list, name) > 0;
      };
      if (!listed(rule.tables, table) || !listed(rule.roles, reader.role)) continue;
      if (!listed(rule.databases, reader.database)) continue;
      if (listed(rule.application_names, reader.application_name)) return i;
    }
    return std::nullopt;
  }

 private:
  std::vector<Rule> rules_;
};

std::string pick(Random& random, std::span<const char* const> names) {
  return names[random.below(names.size())];
}

constexpr std::array k_tables = {"a", "b", "c", "d"};
constexpr std::array k_people = {"x", "y"};
constexpr std::array k_levels = {"eventual", "bounded(1s)", "session", "causal"};

Rule random_rule(Random& random) {
  Rule rule;
  while (random.chance(0.6)) rule.tables.push_back(pick(random, k_tables));
  if (random.chance(0.3)) rule.roles = {pick(random, k_people)};
  if (random.chance(0.3)) rule.databases = {pick(random, k_people)};
  if (random.chance(0.3)) rule.application_names = {pick(random, k_people)};
  if (random.chance(0.6)) rule.read = level(pick(random, k_levels));
  if (random.chance(0.5)) rule.from = Sources{random.next(), random.next()};
  if (random.chance(0.5)) rule.wait = std::chrono::milliseconds(random.below(9));
  if (random.chance(0.5)) rule.otherwise = static_cast<Otherwise>(random.below(3));
  rule.write = static_cast<Durability>(random.below(6));
  return rule;
}

TEST(Policy, AgreesWithADumbTwin) {
  Random random(7);
  for (int round = 0; round < 3000; ++round) {
    std::vector<Rule> rules;
    while (random.chance(0.8)) rules.push_back(random_rule(random));
    const DumbPolicy twin(rules);
    const std::string role = pick(random, k_people);
    const std::string database = pick(random, k_people);
    const std::string application = pick(random, k_people);
    const Reader reader{role, database, application};
    std::vector<Name> reads;
    std::vector<Name> writes;
    for (const char* table : k_tables) {
      if (random.chance(0.4)) reads.push_back({"s", table});
      if (random.chance(0.3)) writes.push_back({"s", table});
    }
    std::optional<Promise> read;
    NodeSet as_standby = ~NodeSet{0};
    auto wait = Duration::max();
    auto otherwise = Otherwise::k_primary;
    bool by_default = false;
    for (const Name& name : reads) {
      const auto place = twin.first(reader, std::string(name.name));
      const Rule rule = place ? rules[*place] : Rule{};
      if (rule.read) read = merge(read.value_or(Promise{}), promise_of(*rule.read));
      by_default = by_default || !rule.read;
      if (rule.from) as_standby &= rule.from->as_standby;
      wait = std::min(wait, rule.wait.value_or(Duration::max()));
      otherwise = std::max(otherwise, rule.otherwise.value_or(Otherwise::k_primary));
    }
    auto write = Durability::k_unset;
    for (const Name& name : writes) {
      const auto place = twin.first(reader, std::string(name.name));
      if (place) write = std::max(write, rules[*place].write);
    }
    const Ruling ruling = Policy(rules).scope(reader).of(reads, writes, false, false);
    EXPECT_EQ(ruling.write, write);
    if (reads.empty()) continue;
    EXPECT_EQ(ruling.read, read);
    EXPECT_EQ(!ruling.read || ruling.read_by_default, !read || by_default);
    EXPECT_EQ(ruling.sources.as_standby, as_standby);
    EXPECT_EQ(ruling.wait.value_or(Duration::max()), wait);
    EXPECT_EQ(ruling.otherwise.value_or(Otherwise::k_primary), otherwise);
  }
}

TEST(Policy, LabelsOfAFormerPolicyAreLeftOut) {
  const Policy policy({Rule{.label = "first"}});
  EXPECT_EQ(policy.scope({}).labels(0b101), "first");
  EXPECT_EQ(Policy().scope({}).labels(0b1), "");
  EXPECT_EQ(Scope().labels(0b1), "");
}

}  // namespace
}  // namespace tidemark::consistency
