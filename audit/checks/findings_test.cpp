#include "audit/checks/findings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "audit/checks/testing_verdicts.h"

namespace tidemark::audit {
namespace {

using consistency::Level;
using testing::findings;
using testing::history;
using testing::violated;

std::string strongest(std::string_view text) {
  const auto level = findings(history(text)).strongest;
  return level ? to_string(*level) : "none";
}

TEST(Guarantee, EachHasItsOwnWords) {
  std::set<std::string_view> titles;
  std::set<std::string_view> names;
  std::set<std::string_view> definitions;
  for (std::uint8_t i = 0; i < k_guarantees; ++i) {
    titles.insert(title(Guarantee{i}));
    names.insert(name(Guarantee{i}));
    definitions.insert(definition(Guarantee{i}));
    EXPECT_TRUE(definition(Guarantee{i}).ends_with('.'));
    EXPECT_FALSE(source(Guarantee{i}).empty());
  }
  EXPECT_EQ(titles.size(), k_guarantees);
  EXPECT_EQ(names.size(), k_guarantees);
  EXPECT_EQ(definitions.size(), k_guarantees);
  EXPECT_EQ(name(Guarantee::k_no_lost_updates), "no_lost_updates");
}

TEST(Guarantee, StrongerLevelsHoldAllOfTheWeaker) {
  const auto includes = [](Level::Kind strong, Level::Kind weak) {
    const auto all = guarantees_of({.kind = strong});
    return std::ranges::all_of(guarantees_of({.kind = weak}), [&](Guarantee guarantee) {
      return std::ranges::find(all, guarantee) != all.end();
    });
  };
  using enum Level::Kind;
  EXPECT_TRUE(includes(k_strong, k_causal));
  EXPECT_TRUE(includes(k_causal, k_session));
  EXPECT_TRUE(includes(k_session, k_read_your_writes));
  EXPECT_TRUE(includes(k_session, k_monotonic_reads));
  EXPECT_TRUE(includes(k_monotonic_reads, k_eventual));
  EXPECT_TRUE(includes(k_bounded, k_eventual));
  EXPECT_FALSE(includes(k_strong, k_bounded));
}

TEST(Findings, TheStrongestLevelIsThatOfWhichAllHeld) {
  EXPECT_EQ(strongest("A 0..1 writes x1\nB 2..3 reads x1"), "strong");
  EXPECT_EQ(strongest("A 0..1 writes x1\nB 2..3 reads x0"), "causal");
  EXPECT_EQ(strongest(R"(
    A 0..1 writes x1
    A 2..2 tells B
    B 3..3 hears A
    B 4..5 reads x0)"),
            "session");
  EXPECT_EQ(strongest("A 0..1 writes x1\nA 2..3 reads x1\nB 2..3 reads x1\nB 4..5 reads x0"),
            "read_your_writes");
  EXPECT_EQ(strongest("A 0..1 writes x1\nA 2..3 reads x0"), "monotonic_reads");
  EXPECT_EQ(strongest(R"(
    A 0..1 writes x1
    A 2..3 reads x0
    B 2..3 reads x1
    B 4..5 reads x0)"),
            "eventual");
  EXPECT_EQ(strongest("A 0..1 writes a1 b1\nB 2..3 reads a1 b0"), "none");
}

TEST(Findings, ALevelThatWasNotExercisedHeld) {
  EXPECT_TRUE(held(findings({}), {.kind = Level::Kind::k_strong}));
}

// The stories that anomalies are known by: what each violates, and nothing else.
TEST(Findings, EachAnomalyViolatesWhatItMust) {
  EXPECT_EQ(violated("A 0..1 writes x1\nB 2..3 reads x0"), "linearizable");
  EXPECT_EQ(violated("A 0..1 writes x1\nA 2..3 reads x0"), "read_your_writes causal linearizable");
  EXPECT_EQ(violated("A 0..9 writes x1\nB 2..3 reads x1\nB 4..5 reads x0"),
            "monotonic_reads causal linearizable");
  // A primary and a standby that show two commits in opposite orders, as they come.
  EXPECT_EQ(violated(R"(
    A 0..9 writes a1
    B 0..9 writes b1
    C 2..3 reads a1 b0
    D 2..3 reads a0 b1)"),
            "consistent_prefix no_long_fork");
  // A post, and its reply without it.
  EXPECT_EQ(violated(R"(
    A 0..99 writes a1
    B 2..3 reads a1
    B 4..99 writes b1
    C 98..99 reads a0 b1)"),
            "writes_follow_reads causal linearizable");
  // A promotion that lost a write: declared, but lost.
  EXPECT_EQ(violated(R"(
    A 0..1 writes x1
    A 2..3 reads x0 declared
    B 4..5 writes x1
    last x1/B)"),
            "linearizable no_lost_writes no_lost_updates");
}

TEST(Findings, WritesWithoutAnAnswerAreCounted) {
  const auto found = findings(history(R"(
    A 0..1 maybe x1 y1
    A 2..3 maybe x2
    B 4..5 reads x1)"));
  EXPECT_EQ(found.maybes, 2);
  EXPECT_EQ(found.maybes_found, 1);
}

TEST(Findings, OnlyWritesWithoutAnAnswerAreCountedAsSuch) {
  History story = history(R"(
    A 0..1 writes x1
    A 2..3 reads x1)");
  story.operations[1].outcome = Outcome::k_maybe;
  EXPECT_EQ(findings(story).maybes, 0);
}

}  // namespace
}  // namespace tidemark::audit
