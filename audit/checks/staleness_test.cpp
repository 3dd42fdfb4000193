#include "audit/checks/staleness.h"

#include <gtest/gtest.h>

#include "audit/checks/testing_verdicts.h"

namespace tidemark::audit {
namespace {

using std::chrono::milliseconds;
using testing::findings;
using testing::history;
using testing::told;
using testing::verdict;

constexpr std::string_view k_story = R"(
    A 0..1 writes x1
    A 10..11 writes x2
    A 20..21 writes x3
    B 15..16 reads x0 y0
    B 25..26 reads x2
    B 30..31 reads x3
    B 21..22 reads x2)";

TEST(Staleness, ItIsCountedFromTheOldestWriteThatWasMissed) {
  const auto all = findings(history(k_story)).staleness;
  ASSERT_EQ(all.size(), 5);
  EXPECT_EQ(all[0].at, milliseconds(15));
  EXPECT_EQ(all[0].behind, milliseconds(14));
  EXPECT_EQ(all[0].versions, 2);
  EXPECT_EQ(all[1].behind, milliseconds(0));
  EXPECT_EQ(all[2].at, milliseconds(21));
  EXPECT_EQ(all[2].behind, milliseconds(0)) << "acknowledged as the read began";
  EXPECT_EQ(all[3].behind, milliseconds(4));
  EXPECT_EQ(all[3].versions, 1);
  EXPECT_EQ(all[4].versions, 0);
}

TEST(Staleness, AWriteWithoutAnAnswerCountsAsSoonAsALaterOneHasOne) {
  const auto all = findings(history(R"(
    A 0..1 maybe x1
    B 10..11 writes x2
    C 12..13 reads x0
    C 5..6 reads x0
    D 14..15 reads x1)"))
                       .staleness;
  EXPECT_EQ(all[0].versions, 0);
  EXPECT_EQ(all[1].versions, 2);
  EXPECT_EQ(all[1].behind, milliseconds(1));
}

TEST(Staleness, AnAnswerThatCameLaterThanTheNextOnesDoesNotMakeItFresh) {
  const auto all = findings(history(R"(
    A 0..10 writes x1
    B 0..5 writes x2
    C 7..8 reads x0)"))
                       .staleness;
  EXPECT_EQ(all[0].behind, milliseconds(2));
  EXPECT_EQ(all[0].versions, 2);
}

TEST(Bounded, AReadStalerThanTheBoundIsFound) {
  const auto found = verdict(Guarantee::k_bounded, k_story, {.bound = milliseconds(4)});
  EXPECT_EQ(found.chances, 5);
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(told(found),
            "0 wrote register 23, version 1\n"
            "3 saw register 23, version 0\n"
            "version 1 had been acknowledged 14 ms before this read began, 10 ms longer than the "
            "bound");
  EXPECT_EQ(verdict(Guarantee::k_bounded, k_story, {.bound = milliseconds(3)}).violations, 2);
  EXPECT_EQ(verdict(Guarantee::k_bounded, k_story, {.bound = milliseconds(14)}).violations, 0);
}

TEST(Bounded, ABoundOfNothingIsABound) {
  const auto found = verdict(Guarantee::k_bounded, k_story, {.bound = milliseconds(0)});
  EXPECT_EQ(found.chances, 5);
  EXPECT_EQ(found.violations, 2);
}

TEST(Bounded, WithoutABoundItIsNotExercised) {
  EXPECT_EQ(verdict(Guarantee::k_bounded, k_story).chances, 0);
}

TEST(Bounded, ALevelsOwnBoundIsHeldAgainstWhatWasSeen) {
  using consistency::Level;
  const auto found = findings(history(k_story));
  EXPECT_TRUE(held(found, {Level::Kind::k_bounded, milliseconds(14)}));
  EXPECT_FALSE(held(found, {Level::Kind::k_bounded, milliseconds(13)}));
}

TEST(Staleness, WhatIsAcknowledgedDuringTheReadIsNotMissed) {
  const auto all =
      findings(history("A 0..5 writes x1\nB 4..9 reads x0\nC 5..6 reads x0")).staleness;
  ASSERT_EQ(all.size(), 2);
  EXPECT_EQ(all[0].versions, 0);
  EXPECT_EQ(all[0].behind, milliseconds(0));
  EXPECT_EQ(all[1].versions, 0) << "acknowledged as it began";
}

}  // namespace
}  // namespace tidemark::audit
