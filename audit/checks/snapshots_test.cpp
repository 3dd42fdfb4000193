#include "audit/checks/snapshots.h"

#include <gtest/gtest.h>

#include "audit/checks/testing_verdicts.h"

namespace tidemark::audit {
namespace {

using enum Guarantee;
using testing::told;
using testing::verdict;

TEST(MonotonicWrites, ALaterWriteWithoutTheEarlierIsFound) {
  const auto found = verdict(k_monotonic_writes, R"(
    A 0..1 writes a1
    A 2..3 writes b1
    B 4..5 reads b1 a0)");
  EXPECT_EQ(found.chances, 1);
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(told(found),
            "0 wrote register 0, version 1\n"
            "1 wrote register 1, version 1\n"
            "2 saw register 1, version 1, and register 0, version 0\n"
            "session 0's later write was there and its earlier one was missing");
}

TEST(MonotonicWrites, TheEarlierWithoutTheLaterIsFine) {
  const auto found = verdict(k_monotonic_writes, R"(
    A 0..1 writes a1
    A 2..3 writes b1
    B 4..5 reads b0 a1
    B 6..7 reads b1 a1)");
  EXPECT_EQ(found.chances, 1);
  EXPECT_EQ(found.violations, 0);
}

TEST(MonotonicWrites, TwoSessionsOweEachOtherNothing) {
  EXPECT_EQ(verdict(k_monotonic_writes, R"(
    A 0..1 writes a1
    C 2..3 writes b1
    B 4..5 reads b1 a0)")
                .chances,
            0);
}

TEST(MonotonicWrites, AWriteWithoutAnAnswerComesBeforeNothing) {
  EXPECT_EQ(verdict(k_monotonic_writes, R"(
    A 0..1 maybe a1
    A 2..3 writes b1
    B 4..5 reads b1 a0
    B 6..7 reads a1)")
                .chances,
            0);
}

TEST(MonotonicWrites, AWriteWithoutAnAnswerBringsWhatCameBefore) {
  EXPECT_EQ(verdict(k_monotonic_writes, R"(
    A 0..1 writes a1
    A 2..3 maybe b1
    B 4..5 reads b1 a0)")
                .violations,
            1);
}

TEST(MonotonicWrites, ADeclaredLossParts) {
  EXPECT_EQ(verdict(k_monotonic_writes, R"(
    A 0..1 writes a1
    A 2..3 writes b1 declared
    B 4..5 reads b1 a0)")
                .chances,
            0);
}

TEST(WritesFollowReads, AReplyWithoutItsPostIsFound) {
  const auto found = verdict(k_writes_follow_reads, R"(
    A 0..1 writes a1
    B 2..3 reads a1
    B 4..5 writes b1
    C 6..7 reads b1 a0)");
  EXPECT_EQ(found.chances, 1);
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(told(found),
            "1 saw register 0, version 1\n"
            "2 wrote register 1, version 1\n"
            "3 saw register 1, version 1, and register 0, version 0\n"
            "session 1's write was there and what it had seen before was missing");
}

TEST(WritesFollowReads, WhatWasSeenAfterTheWriteIsNotOwed) {
  EXPECT_EQ(verdict(k_writes_follow_reads, R"(
    A 0..1 writes a1
    B 2..3 writes b1
    B 4..5 reads a1
    C 6..7 reads b1 a0)")
                .chances,
            0);
}

TEST(WritesFollowReads, OverwritingCountsAsHavingSeen) {
  EXPECT_EQ(verdict(k_writes_follow_reads, R"(
    A 0..1 writes a1
    B 2..3 writes a2
    B 4..5 writes b1
    C 6..7 reads b1 a0)")
                .violations,
            1);
}

TEST(FracturedReads, HalfATransactionIsFound) {
  const auto found = verdict(k_no_fractured_reads, R"(
    A 0..1 writes a1 b1
    B 2..3 reads a1 b0)");
  EXPECT_EQ(found.chances, 1);
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(told(found),
            "0 wrote register 0, version 1, and register 1, version 1\n"
            "1 saw register 0, version 1, and register 1, version 0\n"
            "half of the transaction was there and the other half was missing");
}

TEST(FracturedReads, AllNothingOrNewerIsFine) {
  const auto found = verdict(k_no_fractured_reads, R"(
    A 0..1 writes a1 b1
    C 2..3 writes b2
    B 4..5 reads a0 b0
    B 6..7 reads a1 b1
    B 8..9 reads a1 b2
    B 10..11 reads a1)");
  EXPECT_EQ(found.chances, 2);
  EXPECT_EQ(found.violations, 0);
}

TEST(FracturedReads, TwoVersionsOfOneRowInOneSnapshotAreFound) {
  EXPECT_EQ(verdict(k_no_fractured_reads, R"(
    A 0..1 writes a1
    B 2..3 reads a1 a0)")
                .violations,
            1);
}

TEST(FracturedReads, WhatATransactionLeftCountsAndNotWhatItPassedThrough) {
  EXPECT_EQ(verdict(k_no_fractured_reads, R"(
    A 0..1 writes a1 a2
    B 2..3 reads a2
    B 4..5 reads a1)")
                .violations,
            1);
  EXPECT_EQ(verdict(k_no_fractured_reads, R"(
    A 0..1 writes a1 a2 b1
    B 2..3 reads b1 a1)")
                .violations,
            1);
}

TEST(FracturedReads, ATransactionWithoutAnAnswerThatWasSeenIsWhole) {
  EXPECT_EQ(verdict(k_no_fractured_reads, R"(
    A 0..1 maybe a1 b1
    B 2..3 reads a1 b0
    B 4..5 reads b1)")
                .violations,
            1);
}

TEST(MonotonicWrites, OnlyPairsOfRowsOfWhichSomethingIsOwedAreChances) {
  EXPECT_EQ(verdict(k_monotonic_writes, R"(
    A 0..1 writes a1
    A 2..3 writes a2
    B 4..5 reads a2 b0
    B 6..7 reads a2)")
                .chances,
            0);
  EXPECT_EQ(verdict(k_writes_follow_reads, R"(
    A 0..1 reads a0
    A 2..3 writes b1
    B 4..5 reads b1 a0)")
                .chances,
            0)
      << "there is nothing less than a0";
}

TEST(FracturedReads, ASnapshotAndATransactionMeetOnce) {
  constexpr std::string_view k_write = "A 0..1 writes a1 b1 c1\n";
  const auto whole = verdict(k_no_fractured_reads, std::string(k_write) + "B 2..3 reads a1 b1 c1");
  EXPECT_EQ(whole.chances, 1);
  EXPECT_EQ(whole.violations, 0);
  const auto torn = verdict(k_no_fractured_reads, std::string(k_write) + "B 2..3 reads a1 b0 c0");
  EXPECT_EQ(torn.chances, 1);
  EXPECT_EQ(torn.violations, 1);
}

}  // namespace
}  // namespace tidemark::audit
