#include "audit/checks/causal.h"

#include <gtest/gtest.h>

#include "audit/checks/testing_verdicts.h"

namespace tidemark::audit {
namespace {

using testing::told;

Verdict causal(std::string_view text) { return testing::verdict(Guarantee::k_causal, text); }

TEST(Causal, AMessageCarriesWhatItsSenderWrote) {
  const auto found = causal(R"(
    A 0..1 writes x1
    A 2..2 tells B
    B 3..3 hears A
    B 4..5 reads x0)");
  EXPECT_EQ(found.chances, 1);
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(told(found),
            "0 wrote register 23, version 1\n"
            "1 sent a message to session 1\n"
            "2 got the message of session 0\n"
            "3 saw register 23, version 0\n"
            "version 1 of register 23, of which it could know, was missing");
}

TEST(Causal, WhatTheMessageBroughtAndWasSeenIsFine) {
  const auto found = causal(R"(
    A 0..1 writes x1
    A 2..2 tells B
    B 3..3 hears A
    B 4..5 reads x1
    B 6..7 reads x1)");
  EXPECT_EQ(found.chances, 1) << "the second read knows of it from the row itself";
  EXPECT_EQ(found.violations, 0);
}

TEST(Causal, AMessageSentBeforeTheWriteDoesNotCarryIt) {
  EXPECT_EQ(causal(R"(
    A 0..0 tells B
    A 1..2 writes x1
    B 3..3 hears A
    B 4..5 reads x0)")
                .chances,
            0);
}

TEST(Causal, WhichOfTwoWasOverwrittenIsNotGuessed) {
  // B's second version was lost, and A made another one long after C had built on it.
  const auto found = causal(R"(
    A 8..9 writes y1
    A 10..11 writes x2
    B 0..1 writes x1
    B 2..3 writes x2
    C 4..5 writes x3
    D 6..7 reads x3 y0
    last x2/A y1)");
  EXPECT_EQ(found.violations, 0);
}

TEST(Causal, AReplyBringsThePost) {
  const auto found = causal(R"(
    A 0..1 writes a1
    B 2..3 reads a1
    B 4..5 writes b1
    C 6..7 reads b1
    C 8..9 reads a0)");
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(told(found),
            "0 wrote register 0, version 1\n"
            "1 saw register 0, version 1\n"
            "2 wrote register 1, version 1\n"
            "3 saw register 1, version 1\n"
            "4 saw register 0, version 0\n"
            "version 1 of register 0, of which it could know, was missing");
}

TEST(Causal, ItGoesThroughOneSnapshot) {
  EXPECT_EQ(causal(R"(
    A 0..1 writes a1
    A 2..3 writes b1
    B 4..5 reads b1 a0)")
                .violations,
            1);
}

TEST(Causal, OverwritingCarriesWhatWasOverwritten) {
  EXPECT_EQ(causal(R"(
    A 0..1 writes a1
    A 2..3 writes b1
    B 4..5 writes b2
    C 6..7 reads b2
    C 8..9 reads a0)")
                .violations,
            1);
}

TEST(Causal, IndependentWritesMayBeSeenInAnyOrder) {
  EXPECT_EQ(causal(R"(
    A 0..1 writes a1
    B 0..1 writes b1
    C 2..3 reads a1
    C 4..5 reads b0
    D 2..3 reads b1
    D 4..5 reads a0)")
                .violations,
            0);
}

TEST(Causal, ItHoldsWhatSessionsAreOwedOfThemselves) {
  EXPECT_EQ(causal("A 0..1 writes x1\nA 2..3 reads x0").violations, 1);
  EXPECT_EQ(causal("A 0..1 writes x1\nB 2..3 reads x1\nB 4..5 reads x0").violations, 1);
  EXPECT_EQ(causal("A 0..1 writes x1\nB 2..3 writes x1\nA 4..5 reads x1/B").violations, 1);
}

TEST(Causal, AWriteWithoutAnAnswerIsKnownToWhoSawItAlone) {
  EXPECT_EQ(causal(R"(
    A 0..1 maybe a1 b1
    A 2..3 reads a0
    A 4..4 tells B
    B 5..5 hears A
    B 6..7 reads a0
    C 8..9 reads a1
    D 9..9 reads b1)")
                .violations,
            0);
  EXPECT_EQ(causal(R"(
    A 0..1 maybe a1 b1
    C 8..9 reads a1
    C 10..11 reads b0
    D 12..12 reads b1)")
                .violations,
            1);
}

TEST(Causal, AWriteWithoutAnAnswerBringsWhatItsSessionKnew) {
  EXPECT_EQ(causal(R"(
    A 0..1 writes a1
    A 2..3 maybe b1
    B 4..5 reads b1
    B 6..7 reads a0)")
                .violations,
            1);
}

TEST(Causal, ADeclaredLossEndsWhatTheSessionPassesOn) {
  EXPECT_EQ(causal(R"(
    A 0..1 writes a1
    A 2..3 reads b0 declared
    A 4..4 tells B
    B 5..5 hears A
    B 6..7 reads a0)")
                .chances,
            0);
}

TEST(Causal, HistoriesInWhichEffectsCauseTheirCausesAreStillChecked) {
  const auto found = causal(R"(
    A 0..1 reads b1
    A 2..3 writes a1
    B 0..1 reads a1
    B 2..3 writes b1
    C 4..5 reads b1
    C 6..7 reads a0)");
  EXPECT_EQ(found.violations, 1);
}

TEST(Causal, WhatOnlyCausalityDemandsIsTold) {
  const auto found = causal(R"(
    A 0..1 writes a1
    A 2..3 reads a0
    B 10..11 writes b1
    B 20..20 tells C
    C 30..30 hears B
    C 40..41 reads b0)");
  EXPECT_EQ(found.violations, 2);
  ASSERT_EQ(found.examples.size(), 1);
  EXPECT_EQ(found.examples[0].steps.front().operation, 2);
}

TEST(Causal, TheNewestOfWhatIsMissingIsTold) {
  const auto found = causal(R"(
    A 0..0 reads b0
    B 0..1 writes a1
    A 2..3 writes a2
    A 4..4 tells C
    C 5..5 hears A
    C 6..7 reads a0)");
  ASSERT_EQ(found.examples.size(), 1);
  EXPECT_EQ(found.examples[0].conclusion,
            "version 2 of register 0, of which it could know, was missing");
}

TEST(Causal, TheChainDoesNotGoThroughTheSessionThatGotNoAnswer) {
  const auto found = causal(R"(
    A 0..1 maybe a1
    A 2..3 writes b1
    C 4..5 reads a1
    C 6..6 tells B
    B 7..7 hears C
    B 8..9 reads b1
    B 10..11 reads a0)");
  ASSERT_EQ(found.examples.size(), 1);
  std::vector<OperationId> chain;
  for (const Step& step : found.examples[0].steps) chain.push_back(step.operation);
  EXPECT_EQ(chain, (std::vector<OperationId>{0, 2, 3, 4, 6}));
}

TEST(Causal, TheShortestChainIsTold) {
  const auto found = causal(R"(
    A 0..1 writes a1
    A 2..3 writes b1
    B 4..5 reads b1
    B 6..7 writes c1
    C 8..9 reads c1
    C 8..9 reads b1
    C 10..11 reads a0)");
  ASSERT_EQ(found.examples.size(), 1);
  std::vector<OperationId> chain;
  for (const Step& step : found.examples[0].steps) chain.push_back(step.operation);
  EXPECT_EQ(chain, (std::vector<OperationId>{0, 1, 5, 6}));
}

TEST(Causal, WhatASessionOwesItselfIsToldWhereThereIsNothingElse) {
  const auto found = causal("A 0..1 writes x1\nA 2..3 reads x0");
  EXPECT_EQ(found.violations, 1);
  ASSERT_EQ(found.examples.size(), 1);
}

TEST(Causal, TheOrderInWhichSessionsWereRecordedDoesNotMatter) {
  EXPECT_EQ(causal(R"(
    C 6..7 reads b1
    C 8..9 reads a0
    B 2..3 reads a1
    B 4..5 writes b1
    A 0..1 writes a1)")
                .violations,
            1);
}

TEST(Causal, AWriteThatWasLostIsNotForgottenForALaterOneOfALowerVersion) {
  EXPECT_EQ(causal(R"(
    A 0..1 writes x5
    A 2..3 writes x3
    C 4..5 writes x4
    A 6..6 tells B
    B 7..7 hears A
    B 8..9 reads x4)")
                .violations,
            1);
}

TEST(Causal, WhatIsLearntByReadingItIsNoChance) {
  EXPECT_EQ(causal("A 0..1 writes x1\nB 2..3 reads x1\nB 4..5 reads x1").chances, 0);
  EXPECT_EQ(causal("A 0..1 writes x1 y1\nB 2..3 reads x1 y1").chances, 2)
      << "each of the two tells of the other";
}

}  // namespace
}  // namespace tidemark::audit
