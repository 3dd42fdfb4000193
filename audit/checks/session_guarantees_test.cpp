#include "audit/checks/session_guarantees.h"

#include <gtest/gtest.h>

#include "audit/checks/testing_verdicts.h"

namespace tidemark::audit {
namespace {

using testing::verdict;

Verdict own(std::string_view text) { return verdict(Guarantee::k_read_your_writes, text); }
Verdict monotonic(std::string_view text) { return verdict(Guarantee::k_monotonic_reads, text); }

TEST(ReadYourWrites, OwnWriteThatIsMissingIsFound) {
  const auto found = own(R"(
    A 0..1 writes x1
    A 3..4 reads x0)");
  EXPECT_EQ(found.chances, 1);
  ASSERT_EQ(found.violations, 1);
  ASSERT_EQ(found.examples.size(), 1);
  const Violation& example = found.examples[0];
  ASSERT_EQ(example.steps.size(), 2);
  EXPECT_EQ(example.steps[0].operation, 0);
  EXPECT_EQ(example.steps[0].what, "wrote register 23, version 1");
  EXPECT_EQ(example.steps[1].what, "saw register 23, version 0");
  EXPECT_EQ(example.conclusion, "its own version 1, acknowledged 2.0 ms before, was missing");
  EXPECT_EQ(example.at, std::chrono::milliseconds(4));
}

TEST(ReadYourWrites, OwnWriteOrANewerOneIsEnough) {
  const auto found = own(R"(
    A 0..1 writes x1
    A 2..3 reads x1
    B 4..5 writes x2
    A 6..7 reads x2
    A 8..9 reads y0)");
  EXPECT_EQ(found.chances, 2);
  EXPECT_EQ(found.violations, 0);
}

TEST(ReadYourWrites, WhatOthersWroteIsNotOwed) {
  const auto found = own(R"(
    A 0..1 writes x1
    B 2..3 reads x0)");
  EXPECT_EQ(found.chances, 0);
  EXPECT_EQ(found.violations, 0);
}

TEST(ReadYourWrites, AWriteWithoutAnAnswerIsNotOwed) {
  const auto found = own(R"(
    A 0..1 maybe x1
    A 2..3 reads x0
    A 4..5 reads x1)");
  EXPECT_EQ(found.chances, 0);
}

TEST(ReadYourWrites, AnothersWriteOfTheSameVersionIsNotOnesOwn) {
  EXPECT_EQ(own(R"(
    A 0..1 writes x1
    B 2..3 writes x1
    A 4..5 reads x1/B)")
                .violations,
            1);
}

TEST(ReadYourWrites, ADeclaredLossBeginsTheSessionAnew) {
  const auto found = own(R"(
    A 0..1 writes x1
    A 2..3 reads x0 declared
    A 4..5 reads x0)");
  EXPECT_EQ(found.chances, 0);
}

TEST(ReadYourWrites, APipelinedReadIsBehindThePipelinedWrite) {
  EXPECT_EQ(own(R"(
    A 0..2 writes x1
    A 0..3 reads x0)")
                .violations,
            1);
}

TEST(ReadYourWrites, TheExampleIsTheShortest) {
  const auto found = own(R"(
    A 0..1 writes x1
    A 50..51 reads x0
    B 60..61 writes y1
    B 62..63 reads y0)");
  EXPECT_EQ(found.violations, 2);
  EXPECT_EQ(found.examples[0].steps[0].operation, 2);
}

TEST(ReadYourWrites, WhatTellsTheSameIsToldOnceAndInTheShortestWay) {
  const auto found = own(R"(
    A 0..1 writes x1
    A 30..31 reads x0
    A 2..5 reads x0
    A 2..3 reads x0
    A 4..5 reads x0
    B 6..7 writes y1
    B 8..9 reads y0)");
  EXPECT_EQ(found.violations, 5);
  ASSERT_EQ(found.examples.size(), 2);
  EXPECT_EQ(found.examples[0].steps.back().operation, 3);
  EXPECT_EQ(found.examples[1].steps.back().operation, 6);
}

TEST(MonotonicReads, AStepBackIsFound) {
  const auto found = monotonic(R"(
    A 0..1 writes x1
    B 2..3 reads x1
    B 4..5 reads x0)");
  EXPECT_EQ(found.chances, 1);
  ASSERT_EQ(found.violations, 1);
  EXPECT_EQ(found.examples[0].conclusion, "version 1, which it had seen 1.0 ms before, was gone");
}

TEST(MonotonicReads, SteppingForwardOrStandingStillIsFine) {
  const auto found = monotonic(R"(
    A 0..1 writes x1
    A 1..2 writes x2
    B 2..3 reads x1
    B 4..5 reads x1
    B 6..7 reads x2)");
  EXPECT_EQ(found.chances, 2);
  EXPECT_EQ(found.violations, 0);
}

TEST(MonotonicReads, AnotherSessionsReadIsNotOnesOwn) {
  EXPECT_EQ(monotonic(R"(
    A 0..1 writes x1
    B 2..3 reads x1
    C 4..5 reads x0)")
                .chances,
            0);
}

TEST(MonotonicReads, AWriteHasSeenWhatItOverwrote) {
  EXPECT_EQ(monotonic(R"(
    A 0..1 writes x1
    B 2..3 writes x2
    B 4..5 reads x0)")
                .violations,
            1);
}

TEST(MonotonicReads, ANewerReadDoesNotHideAnOlderOne) {
  EXPECT_EQ(monotonic(R"(
    A 0..1 writes x1
    A 1..2 writes x2
    B 2..3 reads x2
    B 4..5 reads x1
    B 6..7 reads x1)")
                .violations,
            2);
}

TEST(MonotonicReads, ADeclaredLossBeginsTheSessionAnew) {
  EXPECT_EQ(monotonic(R"(
    A 0..1 writes x1
    B 2..3 reads x1
    B 4..5 reads x0 declared
    B 6..7 reads x0)")
                .violations,
            0);
}

TEST(ReadYourWrites, EveryRowOfASnapshotIsLookedAt) {
  EXPECT_EQ(own(R"(
    A 0..1 writes b1
    A 2..3 reads a0 b0)")
                .violations,
            1);
  EXPECT_EQ(own(R"(
    A 0..1 writes a1 b1
    A 2..3 reads a1 b0)")
                .violations,
            1);
}

TEST(ReadYourWrites, AnothersWriteOfTheSameVersionIsToldAsSuch) {
  const auto found = own(R"(
    A 0..1 writes x1
    B 0..1 writes x1
    A 2..3 reads x1/B)");
  ASSERT_EQ(found.violations, 1);
  EXPECT_EQ(found.examples[0].conclusion,
            "its own version 1 (this one is another's), acknowledged 1.0 ms before, was missing");
}

TEST(ReadYourWrites, WhatWentOutInOnePipelineIsToldAsSuch) {
  const auto before_the_answer = own("A 0..2 writes x1\nA 0..3 reads x0");
  ASSERT_EQ(before_the_answer.violations, 1);
  EXPECT_EQ(before_the_answer.examples[0].conclusion,
            "its own version 1, ahead of it in one pipeline, was missing");
  const auto at_once = own("A 0..2 writes x1\nA 2..3 reads x0");
  EXPECT_EQ(at_once.examples.at(0).conclusion,
            "its own version 1, acknowledged 0 µs before, was missing");
}

TEST(MonotonicReads, EveryRowOfASnapshotIsLookedAt) {
  const auto found = monotonic(R"(
    A 0..1 writes b1
    B 2..3 reads c0 b1
    B 4..5 reads a0 c0 b0)");
  EXPECT_EQ(found.chances, 1) << "of a row that was seen as it had begun there is no less";
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(monotonic(R"(
    A 0..1 writes a1 b1
    B 2..3 reads a1 b1
    B 4..5 reads a1 b0)")
                .violations,
            1);
}

TEST(MonotonicReads, SeeingAndOverwritingAreTold) {
  const auto seen = monotonic(R"(
    A 0..1 writes x1
    B 2..3 reads x1
    B 4..5 reads x1
    B 7..8 reads x0)");
  EXPECT_EQ(testing::told(seen),
            "2 saw register 23, version 1\n"
            "3 saw register 23, version 0\n"
            "version 1, which it had seen 2.0 ms before, was gone")
      << "the latest of those that saw it";
  const auto overwritten = monotonic(R"(
    A 0..1 writes x1
    B 2..3 writes x2
    B 4..5 reads x0)");
  EXPECT_EQ(testing::told(overwritten),
            "1 overwrote register 23, version 1\n"
            "2 saw register 23, version 0\n"
            "version 1, which it had seen 1.0 ms before, was gone");
}

TEST(MonotonicReads, ASnapshotAheadInOnePipelineIsToldAsSuch) {
  const auto found = monotonic("A 0..1 writes x1\nB 2..3 reads x1\nB 2..4 reads x0");
  ASSERT_EQ(found.violations, 1);
  EXPECT_EQ(found.examples[0].conclusion, "version 1, ahead of it in one pipeline, was gone");
}

TEST(MonotonicReads, ToReadWhatOneOverwroteIsNoStepBack) {
  constexpr std::string_view k_text = R"(
    A 0..1 writes x1
    B 2..3 writes x2
    B 4..5 reads x1)";
  EXPECT_EQ(monotonic(k_text).violations, 0);
  EXPECT_EQ(own(k_text).violations, 1);
}

TEST(MonotonicReads, WhichOfTwoWasOverwrittenIsNotGuessed) {
  const auto found = monotonic(R"(
    A 0..1 writes x1
    B 0..1 writes x1
    D 0..1 writes y1
    C 2..3 writes x2 y2
    C 4..5 reads x1/B y0)");
  EXPECT_EQ(found.chances, 1);
  EXPECT_EQ(found.violations, 1) << "y alone: C had overwritten version 1";
}

TEST(MonotonicReads, NobodyKnowsWhatAWriteBehindAHoleOverwrote) {
  EXPECT_EQ(monotonic(R"(
    A 0..1 writes x1
    C 2..3 writes x3
    C 4..5 reads x1)")
                .chances,
            0);
}

}  // namespace
}  // namespace tidemark::audit
