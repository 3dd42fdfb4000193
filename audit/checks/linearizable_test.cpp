#include "audit/checks/linearizable.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "audit/checks/testing_verdicts.h"
#include "base/random.h"

namespace tidemark::audit {
namespace {

using testing::told;

Verdict linearizable(std::string_view text) {
  return testing::verdict(Guarantee::k_linearizable, text);
}

TEST(Linearizable, AReadThatMissesWhatWasAcknowledgedIsFound) {
  const auto found = linearizable(R"(
    A 0..1 writes x1
    B 3..4 reads x0)");
  EXPECT_EQ(found.chances, 1);
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(told(found),
            "0 wrote register 23, version 1\n"
            "1 saw register 23, version 0\n"
            "version 1 had been acknowledged 2.0 ms before this read began");
}

TEST(Linearizable, WhatOverlapsMayBeSeenOrNot) {
  const auto found = linearizable(R"(
    A 0..5 writes x1
    B 1..2 reads x0
    B 3..4 reads x1
    C 1..6 reads x0
    D 5..6 reads x0)");
  EXPECT_EQ(found.violations, 1) << "only D began behind a read that saw it";
  EXPECT_EQ(told(found),
            "2 saw register 23, version 1\n"
            "4 saw register 23, version 0\n"
            "version 1 had been seen 1.0 ms before this read began");
}

TEST(Linearizable, AReadFromTheFutureIsFound) {
  const auto found = linearizable(R"(
    B 0..1 reads x1
    A 2..3 writes x1)");
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(told(found),
            "0 saw register 23, version 1\n"
            "1 wrote register 23, version 1\n"
            "version 1 had been seen 1.0 ms before this write began");
}

TEST(Linearizable, WritesInTheWrongOrderAreFound) {
  EXPECT_EQ(linearizable("A 0..1 writes x2\nB 2..3 writes x1").violations, 1);
}

TEST(Linearizable, AWriteWithoutAnAnswerMayHappenAtAnyLaterTime) {
  EXPECT_EQ(linearizable(R"(
    A 0..1 maybe x1
    B 2..3 reads x0
    B 4..5 reads x1)")
                .violations,
            0);
  EXPECT_EQ(linearizable(R"(
    A 0..1 maybe x1
    B 2..3 reads x1
    B 4..5 reads x0)")
                .violations,
            1);
}

TEST(Linearizable, RowsAreJudgedByThemselves) {
  EXPECT_EQ(linearizable(R"(
    A 0..9 writes a1
    A 0..9 writes b1
    B 1..2 reads a1
    B 3..4 reads b0)")
                .violations,
            0);
}

// A few operations on one row, any way they may fall.
History random_history(Random& random) {
  History history;
  history.rows = {{}};
  const std::size_t writes = 1 + random.below(4);
  const std::size_t reads = 1 + random.below(4);
  const std::uint64_t times = 4 + random.below(20);
  for (std::size_t i = 0; i < writes + reads; ++i) {
    Operation operation;
    operation.session = static_cast<SessionId>(i);
    const auto one = random.below(times);
    const auto other = random.below(times);
    operation.started = Duration(std::min(one, other));
    operation.ended = Duration(std::max(one, other));
    if (i < writes) {
      operation.kind = OperationKind::k_write;
      const bool is_maybe = random.chance(0.1);
      if (is_maybe) operation.outcome = Outcome::k_maybe;
      operation.puts = {{0, is_maybe ? k_unknown_version : i + 1, i + 1}};
    } else {
      const auto seen = random.below(writes + 1);
      operation.seen = {{0, seen, seen}};
    }
    history.operations.push_back(operation);
  }
  return history;
}

// Whether some order of all operations that happened respects time, has each write make the next
// known version, and has each read see the one before it. By trying them all.
class Exhaustive {
 public:
  explicit Exhaustive(const History& history) {
    for (const Operation& operation : history.operations) {
      if (operation.outcome == Outcome::k_ok) operations_.push_back(operation);
    }
    for (const Operation& operation : history.operations) {
      if (operation.outcome != Outcome::k_maybe) continue;
      // It happened if somebody saw it, at any time from its start.
      const WriteId writer = operation.puts[0].writer;
      const bool was_seen = std::ranges::any_of(operations_, [&](const Operation& other) {
        return !other.seen.empty() && other.seen[0].writer == writer;
      });
      if (!was_seen) continue;
      Operation happened = operation;
      happened.puts[0].version = writer;
      happened.ended = Duration::max();
      operations_.push_back(happened);
    }
    for (const Operation& operation : operations_) {
      if (!operation.puts.empty()) versions_.push_back(operation.puts[0].version);
    }
    std::ranges::sort(versions_);
    done_.assign(operations_.size(), false);
  }

  bool linearizable() { return go_on(0, 0); }

 private:
  bool may_come_now(std::size_t i, std::size_t made) const {
    for (std::size_t other = 0; other < operations_.size(); ++other) {
      if (!done_[other] && operations_[other].ended < operations_[i].started) return false;
    }
    if (!operations_[i].puts.empty()) return versions_[made] == operations_[i].puts[0].version;
    return operations_[i].seen[0].version == (made == 0 ? 0 : versions_[made - 1]);
  }

  bool go_on(std::size_t placed, std::size_t made) {
    if (placed == operations_.size()) return true;
    for (std::size_t i = 0; i < operations_.size(); ++i) {
      if (done_[i] || !may_come_now(i, made)) continue;
      done_[i] = true;
      if (go_on(placed + 1, made + (operations_[i].puts.empty() ? 0 : 1))) return true;
      done_[i] = false;
    }
    return false;
  }

  std::vector<Operation> operations_;
  std::vector<Version> versions_;  // those made, ascending
  std::vector<bool> done_;
};

TEST(Linearizable, ItAgreesWithTryingEveryOrder) {
  Random random(7);
  int right = 0;
  int wrong = 0;
  for (int round = 0; round < 20'000; ++round) {
    const History history = random_history(random);
    const auto found =
        testing::findings(history).verdicts[std::to_underlying(Guarantee::k_linearizable)];
    const bool expected = Exhaustive(history).linearizable();
    ASSERT_EQ(found.violations == 0, expected) << "round " << round;
    ++(expected ? right : wrong);
  }
  EXPECT_GT(right, 1000);
  EXPECT_GT(wrong, 1000);
}

TEST(Linearizable, AWriteTellsTheStoryWhereItCan) {
  EXPECT_EQ(testing::told(linearizable(R"(
    A 0..1 writes x1
    B 3..4 reads x1
    C 7..8 reads x0)")),
            "0 wrote register 23, version 1\n"
            "2 saw register 23, version 0\n"
            "version 1 had been acknowledged 6.0 ms before this read began");
  EXPECT_EQ(testing::told(linearizable(R"(
    A 0..1 writes x1
    A 2..3 maybe x2
    B 4..5 reads x2
    B 4..6 reads x2
    C 7..8 reads x1)")),
            "3 saw register 23, version 2\n"
            "4 saw register 23, version 1\n"
            "version 2 had been seen 1.0 ms before this read began")
      << "the latest of those that had seen it";
}

TEST(Linearizable, AVersionSeenBeforeItsWriteBeganIsToldAsSuch) {
  EXPECT_EQ(testing::told(linearizable(R"(
    A 2..3 writes x1
    B 0..1 reads x1)")),
            "1 saw register 23, version 1\n"
            "0 wrote register 23, version 1\n"
            "version 1 had been seen 1.0 ms before this write began");
}

TEST(Linearizable, AWriteOfAnOlderVersionBehindANewerOneIsToldAsSuch) {
  EXPECT_EQ(testing::told(linearizable(R"(
    A 0..1 writes x2
    B 2..3 writes x1)")),
            "0 wrote register 23, version 2\n"
            "1 wrote register 23, version 1\n"
            "version 2 had been acknowledged 1.0 ms before this write began");
}

TEST(Linearizable, EachRowOfATransactionWithoutAnAnswerIsLookedAt) {
  EXPECT_EQ(linearizable(R"(
    B 0..1 reads b1
    A 2..3 maybe a1 b1)")
                .violations,
            1);
}

TEST(Linearizable, AWriteThatNobodySawIsNoChance) {
  EXPECT_EQ(linearizable(R"(
    A 0..1 writes x1
    B 2..3 maybe x2)")
                .chances,
            0);
}

}  // namespace
}  // namespace tidemark::audit
