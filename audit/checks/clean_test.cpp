// What no check may convict: histories that are unusual, and that a correct system may produce.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "audit/checks/testing_random.h"
#include "audit/checks/testing_verdicts.h"

namespace tidemark::audit {
namespace {

using testing::findings;
using testing::history;
using testing::violated;

constexpr CheckOptions k_bound{.bound = std::chrono::milliseconds(1)};

std::uint64_t chances(const Findings& findings, Guarantee guarantee) {
  return findings.verdicts[std::to_underlying(guarantee)].chances;
}

TEST(Clean, WhatCameBeforeAnErrorProvesNothing) {
  // Each of these reads, had it been answered, would violate something.
  const History story = history(R"(
    A 0..1 writes a1 b1 l1
    C 2..3 writes b2
    A 4..5 writes d1
    B 6..7 reads a1 b0 broken
    F 6..7 reads a1
    F 8..9 reads a0 broken
    A 8..9 reads a0 d0 broken
    B 8..9 reads a0 b2 broken
    D 8..9 reads d1 a0 broken
    E 8..9 reads l1[1,1] broken
    last a1 b2 d1 l1[1])");
  const auto found = findings(story, k_bound);
  EXPECT_EQ(violated(found), "");
  EXPECT_EQ(found.staleness.size(), 1) << "what F saw first";
  using enum Guarantee;
  for (const Guarantee guarantee :
       {k_read_your_writes, k_monotonic_reads, k_monotonic_writes, k_causal, k_consistent_prefix,
        k_no_long_fork, k_no_fractured_reads}) {
    EXPECT_EQ(chances(found, guarantee), 0) << name(guarantee);
  }
  EXPECT_EQ(chances(found, k_linearizable), 2) << "C's write, and what F saw first";
  EXPECT_EQ(chances(found, k_bounded), 1);
  EXPECT_EQ(chances(found, k_no_lost_updates), 5) << "writes; no list was read";
}

TEST(Clean, AWriteWithoutAnAnswerMayTakeItsTime) {
  EXPECT_EQ(violated(R"(
    A 0..1 maybe x1
    A 2..3 reads x0
    B 4..5 reads x0
    B 6..7 reads x1
    A 8..9 reads x1
    C 10..11 writes x2
    last x2)"),
            "");
}

TEST(Clean, AWriteWithoutAnAnswerMayBeSeenAndThenBeLost) {
  const auto found = testing::verdict(Guarantee::k_no_lost_writes, R"(
    A 0..1 maybe x1
    B 2..3 reads x1
    last x0)");
  EXPECT_EQ(found.chances, 0) << "nobody was told that it was done";
}

TEST(Clean, WhatOverlapsMayBeSeenInEitherOrder) {
  EXPECT_EQ(violated(R"(
    A 0..9 writes x1
    B 0..9 writes x2
    C 1..2 reads x0
    C 3..4 reads x2
    D 1..8 reads x1
    E 2..8 reads x0
    last x2)"),
            "");
}

TEST(Clean, WhatOneInstantEndsAndBeginsOverlaps) {
  EXPECT_EQ(violated(R"(
    A 0..5 writes x1
    B 5..6 reads x0
    C 6..7 reads x0
    D 6..8 reads x1
    last x1)"),
            "linearizable")
      << "C alone";
  EXPECT_EQ(violated("A 0..5 writes x1\nB 5..6 reads x0\nlast x1"), "");
}

TEST(Clean, TheSlowOneOfTwoAnswersMayBeThatOfTheEarlierWrite) {
  EXPECT_EQ(violated(R"(
    A 0..90 writes a1 b1
    B 1..5 writes a2
    C 6..7 reads a2 b1
    C 8..9 reads b1
    last a2 b1)"),
            "");
}

TEST(Clean, ADeclaredLossIsForgivenToTheSessionAndAllWhoLearntFromIt) {
  EXPECT_EQ(violated(R"(
    A 0..1 writes x1 y1
    A 2..3 reads x1
    A 4..5 reads x0 declared
    A 6..7 tells B
    B 8..9 hears A
    B 10..11 reads x0 y0
    C 12..13 writes x1
    A 14..15 reads x1/C
    last x1/C y0)"),
            "linearizable no_lost_writes no_lost_updates")
      << "what was acknowledged is lost all the same";
}

TEST(Clean, OfTwoBranchesWithOneVersionEachIsJudgedByItself) {
  // A's x2 stayed behind on the dead timeline, C's came to be on the new one; nobody saw both.
  constexpr std::string_view k_text = R"(
    A 0..1 writes x1
    A 2..3 maybe x2
    B 4..9 reads x2/A
    C 6..7 writes x2
    D 10..11 reads x2/C
    C 12..13 writes x3 y1
    D 14..15 reads x3 y1
    last x3 y1)";
  EXPECT_EQ(violated(k_text), "") << "the write that was lost had no answer";
}

// What is found does not depend on the order in which the sessions' operations are kept: as they
// happened, or one session behind another.
TEST(Clean, SessionsOneBehindAnotherAreJudgedAsInterleaved) {
  Random random(7);
  std::uint64_t violations = 0;
  for (int round = 0; round < 200; ++round) {
    History story = testing::random_history(random, {.operations = 60});
    std::map<RowId, std::vector<Seen>> states;  // as somebody has seen them so far
    for (Operation& operation : story.operations) {
      operation.lists.clear();
      for (Seen& seen : operation.seen) {
        auto& all = states[seen.row];
        all.push_back(seen);
        if (random.chance(0.2)) seen = all[random.below(all.size())];
      }
    }
    const auto interleaved = findings(story, k_bound);
    std::ranges::stable_sort(story.operations, {}, &Operation::session);
    const auto grouped = findings(story, k_bound);
    for (std::size_t i = 0; i < k_guarantees; ++i) {
      const Verdict& one = interleaved.verdicts[i];
      const Verdict& other = grouped.verdicts[i];
      ASSERT_EQ(one.chances, other.chances) << name(one.guarantee) << ", round " << round;
      ASSERT_EQ(one.violations, other.violations) << name(one.guarantee) << ", round " << round;
      violations += one.violations;
    }
  }
  EXPECT_GT(violations, 1000);
}

}  // namespace
}  // namespace tidemark::audit
