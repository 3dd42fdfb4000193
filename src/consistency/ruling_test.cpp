#include "consistency/ruling.h"

#include <gtest/gtest.h>

#include <array>

#include "base/random.h"

namespace tidemark::consistency {
namespace {

using namespace std::chrono_literals;

Level level(std::string_view text) { return *parse_level(text); }
Promise promise(std::string_view text) { return promise_of(level(text)); }

Ruling random_ruling(Random& random) {
  Ruling ruling;
  const std::array levels = {"eventual", "session", "bounded(2s)", "causal", "strong"};
  if (random.chance(0.6)) ruling.read = promise(levels.at(random.below(levels.size())));
  ruling.write = static_cast<Durability>(random.below(6));
  if (random.chance(0.5)) ruling.sources = {random.next(), random.next()};
  if (random.chance(0.5)) ruling.otherwise = static_cast<Otherwise>(random.below(3));
  if (random.chance(0.5)) ruling.wait = std::chrono::milliseconds(random.below(5));
  ruling.read_by_default = random.chance(0.5);
  ruling.write_by_default = random.chance(0.5);
  ruling.otherwise_by_default = random.chance(0.5);
  ruling.wait_by_default = random.chance(0.5);
  ruling.strong_on_standbys = random.chance(0.5);
  ruling.strong_on_primary = random.chance(0.5);
  ruling.rules = random.below(8);
  return ruling;
}

TEST(Ruling, MergeIsALattice) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const Ruling one = random_ruling(random);
    const Ruling two = random_ruling(random);
    const Ruling three = random_ruling(random);
    EXPECT_EQ(merge(one, one), one);
    EXPECT_EQ(merge(one, Ruling{}), one);
    EXPECT_EQ(merge(one, two), merge(two, one));
    EXPECT_EQ(merge(one, merge(two, three)), merge(merge(one, two), three));
  }
}

TEST(Ruling, MergeTakesTheStrictestOfEach) {
  const Ruling one{.read = promise("session"),
                   .write = Durability::k_on,
                   .sources = {0b11, 0b01},
                   .otherwise = Otherwise::k_primary,
                   .wait = 5ms};
  const Ruling other{.read = promise("bounded(2s)"),
                     .write = Durability::k_remote_apply,
                     .sources = {0b01, 0b11},
                     .otherwise = Otherwise::k_refuse,
                     .wait = 9ms};
  const Ruling both = merge(one, other);
  EXPECT_EQ(to_string(*both.read), "session+bounded(2s)");
  EXPECT_EQ(both.write, Durability::k_remote_apply);
  EXPECT_EQ(both.sources, (Sources{0b01, 0b01}));
  EXPECT_EQ(both.otherwise, Otherwise::k_refuse);
  EXPECT_EQ(both.wait, 5ms);
  EXPECT_EQ(merge({.otherwise = Otherwise::k_wait}, one).otherwise, Otherwise::k_wait);
}

TEST(Effective, ARuleMayBeWeakerThanTheDefaultButNotThanWhatWasAsked) {
  const Ruling weak{.read = promise("eventual")};
  EXPECT_EQ(effective(weak, {}, level("session")), promise("eventual"));
  EXPECT_EQ(effective(weak, level("policy"), level("session")), promise("eventual"));
  EXPECT_EQ(effective(weak, level("causal"), level("session")), promise("causal"));
  const Ruling strong{.read = promise("strong")};
  EXPECT_EQ(effective(strong, level("eventual"), level("session")), promise("strong"));
  EXPECT_EQ(effective({}, level("eventual"), level("session")), promise("eventual"));
  EXPECT_EQ(effective({}, {}, level("session")), promise("session"));
}

TEST(Effective, AWeakRuleWeakensNothingForATableThatNoRuleSpeaksOf) {
  const Ruling mixed{.read = promise("bounded(2s)"),
                     .otherwise = Otherwise::k_primary,
                     .wait = 1s,
                     .read_by_default = true,
                     .otherwise_by_default = true,
                     .wait_by_default = true};
  EXPECT_EQ(to_string(effective(mixed, {}, level("session"))), "session+bounded(2s)");
  EXPECT_EQ(effective_otherwise(mixed, Otherwise::k_refuse), Otherwise::k_refuse);
  EXPECT_EQ(effective_wait(mixed, 50ms), 50ms);
  const Ruling alone{.otherwise = Otherwise::k_primary, .wait = 1s};
  EXPECT_EQ(effective_otherwise(alone, Otherwise::k_refuse), Otherwise::k_primary);
  EXPECT_EQ(effective_wait(alone, 50ms), 1s);
  EXPECT_EQ(effective_otherwise({}, Otherwise::k_refuse), Otherwise::k_refuse);
  EXPECT_EQ(effective_wait({}, 50ms), 50ms);
}

TEST(Effective, StrongReadsOfATableComeFromOnePlaceWhoeverAsks) {
  const Ruling there{.strong_on_standbys = true};
  const Ruling here{.strong_on_primary = true};
  const Level session = level("session");
  EXPECT_EQ(effective_sources(there, level("strong"), session), k_standbys_only);
  EXPECT_EQ(effective_sources(here, level("strong"), session), k_primary_only);
  EXPECT_EQ(effective_sources({}, level("strong"), session), k_primary_only);
  EXPECT_EQ(effective_sources({}, {}, level("strong")), k_primary_only);
  EXPECT_TRUE(effective_sources(merge(there, here), level("strong"), session).none());
  EXPECT_EQ(effective_sources(merge(there, here), {}, session), Sources{});
}

TEST(Effective, WhatOnlyARuleMakesStrongDoesNotDragItsNeighbourAlong) {
  const Ruling strong{
      .read = promise("strong"), .sources = k_standbys_only, .strong_on_standbys = true};
  const Ruling weak{.read = promise("eventual"), .strong_on_primary = true};
  EXPECT_EQ(effective_sources(merge(strong, weak), {}, level("session")), k_standbys_only);
}

TEST(Sources, AllowANodeByTheRoleItHas) {
  EXPECT_EQ(k_primary_only.allowed(1), node_bit(1));
  EXPECT_EQ(k_standbys_only.allowed(1), ~node_bit(1));
  EXPECT_EQ(k_primary_only.allowed(k_no_node), 0U);
  EXPECT_EQ((Sources{0b100, 0b110}.allowed(1)), 0b100U);
  EXPECT_EQ((Sources{0b100, 0b110}.allowed(2)), 0b110U);
  EXPECT_EQ(unite(k_primary_only, k_standbys_only), Sources{});
  EXPECT_TRUE(intersect(k_primary_only, k_standbys_only).none());
}

}  // namespace
}  // namespace tidemark::consistency
