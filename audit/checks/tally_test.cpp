#include "audit/checks/tally.h"

#include <gtest/gtest.h>

#include "audit/checks/testing_verdicts.h"

namespace tidemark::audit {
namespace {

using std::chrono::milliseconds;

Verdict own(std::string_view text) { return testing::verdict(Guarantee::k_read_your_writes, text); }

std::vector<OperationId> shown_by(const Verdict& verdict) {
  std::vector<OperationId> operations;
  for (const Violation& example : verdict.examples) {
    operations.push_back(example.steps.back().operation);
  }
  return operations;
}

TEST(Tally, AViolationIsDatedByTheEndOfWhatShowsIt) {
  const auto found = own("A 0..1 writes x1\nA 3..5 reads x0");
  EXPECT_EQ(found.times, std::vector<Duration>{milliseconds(5)});
}

TEST(Tally, ExamplesAreTheShortestFromTheirFirstBeginningToTheirLastEnd) {
  EXPECT_EQ(shown_by(own(R"(
    A 0..8 writes x1
    A 9..10 reads x0
    B 3..4 writes y1
    B 9..12 reads y0)")),
            (std::vector<OperationId>{3, 1}));
}

TEST(Tally, AnExampleGivesWayToAShorterOneThatTellsTheSame) {
  EXPECT_EQ(shown_by(own(R"(
    B 0..1 writes y1
    B 2..3 reads y0
    A 0..1 writes x1
    A 20..21 reads x0
    A 10..11 reads x0
    A 30..31 reads x0)")),
            (std::vector<OperationId>{1, 4}));
}

TEST(Tally, TheSameOfOthersAndOtherThingsOfTheSameAreToldAsWell) {
  EXPECT_EQ(shown_by(own(R"(
    A 0..1 writes x1
    A 2..3 reads x0
    A 10..11 writes y1
    A 12..14 reads y0)")),
            (std::vector<OperationId>{1, 3}));
  EXPECT_EQ(testing::verdict(Guarantee::k_linearizable, R"(
    A 0..1 writes x1
    B 2..3 reads x0
    C 2..4 reads x0)")
                .examples.size(),
            2);
}

}  // namespace
}  // namespace tidemark::audit
