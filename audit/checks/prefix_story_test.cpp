// Whom contradictions are laid to, and how they are told.
#include <gtest/gtest.h>

#include "audit/checks/testing_verdicts.h"

namespace tidemark::audit {
namespace {

using std::chrono::milliseconds;
using testing::told;

Verdict prefix(std::string_view text) {
  return testing::verdict(Guarantee::k_consistent_prefix, text);
}
Verdict fork(std::string_view text) { return testing::verdict(Guarantee::k_no_long_fork, text); }

TEST(ConsistentPrefix, OnlySnapshotsOfSeveralRowsAreChances) {
  EXPECT_EQ(prefix(R"(
    A 0..1 writes a1 b1
    B 2..3 reads a1
    B 4..5 reads)")
                .chances,
            0);
}

TEST(ConsistentPrefix, WritesThatContradictEachOtherAreNotLaidToWhoReadOneRow) {
  const auto found = prefix(R"(
    A 0..1 writes a1 b2
    B 2..3 writes a2 b1
    C 4..5 reads a1
    C 6..7 reads b1)");
  EXPECT_EQ(found.chances, 1);
  EXPECT_EQ(found.violations, 1);
}

TEST(ConsistentPrefix, WhatWasOverwrittenComesFirstHoweverLateItsAnswer) {
  // c1 was answered first, a2 before a1. So a1, a2, a3 come behind c1, and who saw a3 without c1
  // is the one who is wrong.
  const auto found = prefix(R"(
    A 6..7 writes a3
    B 0..10 writes a1
    C 0..5 writes a2
    D 0..1 writes c1
    E 11..12 reads a3 c0
    E 13..14 reads a0 c1
    E 15..16 reads a2 c1)");
  EXPECT_EQ(found.times, std::vector<Duration>{milliseconds(12)});
}

TEST(ConsistentPrefix, NothingComesBeforeAllThatItOverwrote) {
  // a2 and b2 are one transaction, answered before b1 was.
  const auto found = prefix(R"(
    A 0..1 writes c1
    B 0..2 writes a1
    C 0..20 writes b1
    D 0..5 writes a2 b2
    E 21..22 reads a2 c0
    E 23..24 reads c1 a0 b0
    E 25..26 reads b1 c1)");
  EXPECT_EQ(found.times, std::vector<Duration>{milliseconds(22)});
}

// The first to begin is told first, whoever ended first; rows that bind nothing are left out.
constexpr std::string_view k_overlapping = R"(
    A 0..3 writes a1
    B 1..2 writes b1
    E 0..1 writes c1
    C 6..7 reads c0 a1 b0
    D 5..9 reads c0 a0 b1)";

TEST(ConsistentPrefix, TheStoryIsToldInTheOrderOfTheBeginnings) {
  EXPECT_EQ(told(prefix(k_overlapping)),
            "0 wrote register 0, version 1\n"
            "1 wrote register 1, version 1\n"
            "4 saw register 0, version 0, and register 1, version 1\n"
            "3 saw register 0, version 1, and register 1, version 0\n"
            "no single order of the writes explains what was seen");
}

TEST(LongFork, TheStoryIsToldInTheOrderOfTheBeginnings) {
  EXPECT_EQ(told(fork(k_overlapping)),
            "0 wrote register 0, version 1\n"
            "1 wrote register 1, version 1\n"
            "4 saw register 0, version 0, and register 1, version 1\n"
            "3 saw register 0, version 1, and register 1, version 0\n"
            "the two snapshots saw the two writes in opposite orders");
}

TEST(LongFork, TwoVersionsOfOneRowAreNoFork) {
  const auto found = fork("A 0..1 writes a1\nB 2..3 writes a2\nC 4..5 reads a2 a0");
  EXPECT_EQ(found.chances, 1);
  EXPECT_EQ(found.violations, 0);
}

}  // namespace
}  // namespace tidemark::audit
