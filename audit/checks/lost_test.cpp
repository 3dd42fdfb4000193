#include "audit/checks/lost.h"

#include <gtest/gtest.h>

#include "audit/checks/testing_verdicts.h"

namespace tidemark::audit {
namespace {

using testing::told;

Verdict lost(std::string_view text) { return testing::verdict(Guarantee::k_no_lost_writes, text); }
Verdict updates(std::string_view text) {
  return testing::verdict(Guarantee::k_no_lost_updates, text);
}

TEST(LostWrites, AnAcknowledgedWriteThatIsGoneInTheEndIsFound) {
  const auto found = lost(R"(
    A 0..1 writes x1
    A 2..3 writes x2
    last x1)");
  EXPECT_EQ(found.chances, 2);
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(told(found),
            "1 wrote register 23, version 2\n"
            "it was acknowledged, and in the end register 23 was at version 1");
}

TEST(LostWrites, WhatIsThereOrOverwrittenIsNotLost) {
  const auto found = lost(R"(
    A 0..1 writes x1
    A 2..3 writes x2
    B 2..3 writes y1
    last x2 y1)");
  EXPECT_EQ(found.chances, 3);
  EXPECT_EQ(found.violations, 0);
}

TEST(LostWrites, AVersionThatAnotherWriteTookIsLost) {
  const auto found = lost(R"(
    A 0..1 writes x1
    A 2..3 reads y0 declared
    B 4..5 writes x1
    B 6..7 writes x2
    last x2)");
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(told(found),
            "0 wrote register 23, version 1\n"
            "2 wrote register 23, version 1\n"
            "the second made the same version, and the first was lost; session 0 was told of a "
            "possible loss 2.0 ms later");
}

TEST(LostWrites, TheLastStateSaysWhichOfTwoStayed) {
  const auto found = lost(R"(
    A 0..1 writes x1
    B 4..5 writes x1
    last x1/A)");
  ASSERT_EQ(found.violations, 1);
  EXPECT_EQ(found.examples[0].steps[0].operation, 1);
}

TEST(LostWrites, AListWithoutTheItemLostIt) {
  const auto found = lost(R"(
    A 0..1 writes l1
    A 2..3 writes l2
    B 4..5 writes l2
    B 6..7 writes l3
    last l3[1,2/B,3])");
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(found.examples[0].steps[0].operation, 1);
  EXPECT_EQ(lost("A 0..1 writes l1\nA 2..3 writes l2\nlast l2[1]").violations, 1);
}

TEST(LostWrites, AWriteWithoutAnAnswerMayBeLost) {
  EXPECT_EQ(lost("A 0..1 maybe x1\nlast x0").chances, 0);
}

TEST(LostWrites, WithoutALastStateOnlyWhatWasOverwrittenIsKnown) {
  const auto found = lost("A 0..1 writes x1\nA 2..3 writes x2");
  EXPECT_EQ(found.chances, 1);
  EXPECT_EQ(found.violations, 0);
}

TEST(LostUpdates, TwoAcknowledgedWritesOfOneVersionAreFound) {
  const auto found = updates(R"(
    A 0..1 writes c1
    B 0..2 writes c1
    last c1/B)");
  EXPECT_EQ(found.chances, 2);
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(told(found),
            "0 wrote counter 2, version 1\n"
            "1 wrote counter 2, version 1\n"
            "both were acknowledged and made the same version");
}

TEST(LostUpdates, AWriteThatTookEffectTwiceIsFound) {
  History history = testing::history(R"(
    A 0..1 writes c1
    B 2..3 reads c1
    B 4..5 reads c1)");
  history.operations[1].seen[0].version = 2;
  history.operations[2].seen[0].version = 2;
  const auto found =
      testing::findings(history).verdicts[std::to_underlying(Guarantee::k_no_lost_updates)];
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(told(found),
            "0 wrote counter 2, version 1\n"
            "it took effect twice, as versions 1 and 2");
}

TEST(LostUpdates, MoreVersionsThanWritesAreFound) {
  EXPECT_EQ(updates(R"(
    A 0..1 writes c1
    A 2..3 writes c3
    last c3)")
                .violations,
            1);
  EXPECT_EQ(updates(R"(
    A 0..1 writes c1
    B 1..2 maybe c2
    A 2..3 writes c3
    last c3)")
                .violations,
            0);
}

TEST(LostUpdates, ListsThatGrowApartAreFound) {
  const auto found = updates(R"(
    A 0..1 writes l1
    A 2..3 writes l2
    B 2..3 maybe l2
    C 4..5 reads l2[1,2/A]
    D 6..7 reads l2[1,2/B])");
  EXPECT_EQ(found.chances, 4);
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(told(found),
            "3 saw list 11 with 2 items\n"
            "4 saw list 11 with 2 items\n"
            "item 2 was not the same in both, and lists only grow");
}

TEST(LostUpdates, AListThatEndedOtherwiseIsFound) {
  EXPECT_EQ(updates(R"(
    A 0..1 writes l1
    A 2..3 writes l2
    B 2..3 maybe l1
    C 4..5 reads l2[1/A,2]
    last l1/B[1/B])")
                .violations,
            1);
  EXPECT_EQ(updates("A 0..1 writes l1\nB 2..3 maybe l1\nC 4..5 reads l1[1/A]\nlast l1/B[1/B]")
                .examples.at(0)
                .conclusion,
            "item 1 was not the same in the end, and lists only grow");
}

TEST(LostUpdates, AnItemThatIsThereTwiceIsFound) {
  EXPECT_EQ(updates("A 0..1 writes l1\nB 2..3 reads l1[1,1]").violations, 1);
}

TEST(LostUpdates, ListsThatOnlyGrowAreFine) {
  EXPECT_EQ(updates(R"(
    A 0..1 writes l1
    A 2..3 writes l2
    C 4..5 reads l2[1,2]
    D 4..5 reads l1[1]
    D 4..5 reads l0[]
    last l2[1,2])")
                .violations,
            0);
}

TEST(LostUpdates, WhatAnErrorAnsweredDoesNotCount) {
  EXPECT_EQ(updates(R"(
    A 0..1 writes c1
    B 1..2 fails c2
    A 2..3 writes c3
    last c3)")
                .violations,
            1);
  EXPECT_EQ(updates(R"(
    B 0..1 fails c1
    A 2..3 writes c1/A
    last c1/A)")
                .violations,
            0)
      << "and what comes behind it does";
  EXPECT_EQ(updates(R"(
    A 0..1 writes c1
    B 2..3 fails c2
    C 4..5 reads c2
    A 6..7 writes c3
    last c3)")
                .violations,
            0)
      << "but if somebody saw it, it was done";
}

TEST(LostUpdates, EveryRowIsCounted) {
  EXPECT_EQ(updates(R"(
    A 0..1 writes a1
    A 2..3 writes c1
    A 4..5 writes c3
    last a1 c3)")
                .violations,
            1);
}

TEST(LostUpdates, TwoClaimsAreFoundBehindAWriteWithoutAnAnswer) {
  EXPECT_EQ(updates(R"(
    A 0..1 maybe c1
    C 1..2 reads c1
    A 2..3 writes c2
    B 2..3 writes c2
    last c2/B)")
                .violations,
            1);
}

TEST(LostUpdates, TheOneThatBeganFirstIsToldFirst) {
  EXPECT_EQ(told(updates(R"(
    A 5..6 writes c1
    B 3..9 writes c1
    last c1/B)")),
            "1 wrote counter 2, version 1\n"
            "0 wrote counter 2, version 1\n"
            "both were acknowledged and made the same version");
}

TEST(LostUpdates, ListsAreHeldAgainstTheLongest) {
  EXPECT_EQ(updates(R"(
    A 0..1 writes l1
    A 2..3 writes l2
    B 2..3 maybe l2
    C 4..5 reads l1[1]
    C 6..7 reads l2[1,2/A]
    D 8..9 reads l2[1,2/B])")
                .violations,
            1);
}

TEST(LostUpdates, AListInAnotherOrderIsOneViolation) {
  EXPECT_EQ(updates(R"(
    A 0..1 writes l1
    A 2..3 writes l2
    C 4..5 reads l2[2,1]
    last l2[1,2])")
                .violations,
            1)
      << "who made which version had been told: no write took effect twice";
}

TEST(LostUpdates, AListThatEndedShorterHasLostAWriteAndNoUpdate) {
  constexpr std::string_view k_text = R"(
    A 0..1 writes l1
    A 2..3 writes l2
    C 4..5 reads l2[1,2]
    last l1[1])";
  EXPECT_EQ(updates(k_text).violations, 0);
  EXPECT_EQ(lost(k_text).violations, 1);
}

TEST(LostWrites, EveryVersionBehindWhichAnotherIsKnownIsAChance) {
  const auto found = lost("A 0..1 writes x1\nA 2..3 writes x2\nA 4..5 writes x3");
  EXPECT_EQ(found.chances, 2);
  EXPECT_EQ(found.violations, 0);
}

TEST(LostWrites, TheLastStateOutweighsWhoBeganLater) {
  const auto found = lost(R"(
    A 4..5 writes x1
    B 0..1 writes x1
    last x1/B)");
  ASSERT_EQ(found.violations, 1);
  EXPECT_EQ(found.examples[0].steps[0].operation, 0);
}

TEST(LostWrites, TheListOutweighsWhoBeganLater) {
  const auto found = lost(R"(
    A 0..1 writes l1
    B 2..3 writes l2
    A 4..5 writes l2
    B 6..7 writes l3
    last l3[1,2/B,3])");
  ASSERT_EQ(found.violations, 1);
  EXPECT_EQ(found.examples[0].steps[0].operation, 2);
}

TEST(LostWrites, OtherwiseWhoBeganLaterStayed) {
  const auto found = lost(R"(
    A 3..4 writes x1
    B 0..9 writes x1
    C 10..11 writes x2)");
  ASSERT_EQ(found.violations, 1);
  EXPECT_EQ(found.examples[0].steps[0].operation, 1);
  EXPECT_EQ(lost(R"(
    A 0..1 writes x1
    B 0..9 writes x1
    C 10..11 writes x2)")
                .violations,
            1)
      << "of two that began at once one stayed";
}

TEST(LostWrites, OnlyADeclarationBehindTheWriteDeclaresItsLoss) {
  for (const std::string_view told_before : {"A 0..1 reads x0\nA 2..3 writes x1\nA 4..5 reads x0",
                                             "A 0..1 reads x0 declared\nA 2..3 writes x1",
                                             "A 2..3 writes x1 declared\nA 4..5 reads x0"}) {
    const auto found = lost(std::string(told_before) + "\nlast x0");
    ASSERT_EQ(found.violations, 1);
    EXPECT_EQ(found.examples[0].conclusion,
              "it was acknowledged, and in the end register 23 was at version 0")
        << told_before;
  }
}

}  // namespace
}  // namespace tidemark::audit
