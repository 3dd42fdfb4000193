#include "audit/checks/prefix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "audit/checks/testing_verdicts.h"
#include "base/random.h"

namespace tidemark::audit {
namespace {

using testing::told;

Verdict prefix(std::string_view text) {
  return testing::verdict(Guarantee::k_consistent_prefix, text);
}
Verdict fork(std::string_view text) { return testing::verdict(Guarantee::k_no_long_fork, text); }

constexpr std::string_view k_fork = R"(
    A 0..1 writes a1
    B 0..1 writes b1
    C 2..3 reads a1 b0
    D 2..3 reads a0 b1)";

TEST(ConsistentPrefix, TwoWritesInOppositeOrdersAreFound) {
  const auto found = prefix(k_fork);
  EXPECT_EQ(found.chances, 2);
  EXPECT_EQ(found.violations, 1) << "without one of the two the other would be right";
  EXPECT_EQ(told(found),
            "0 wrote register 0, version 1\n"
            "1 wrote register 1, version 1\n"
            "2 saw register 0, version 1, and register 1, version 0\n"
            "3 saw register 0, version 0, and register 1, version 1\n"
            "no single order of the writes explains what was seen");
}

TEST(ConsistentPrefix, SnapshotsAlongOneOrderAreFineHoweverOld) {
  const auto found = prefix(R"(
    A 0..1 writes a1
    B 2..3 writes b1
    C 4..5 reads a1 b1
    C 6..7 reads a1 b0
    D 8..9 reads a0 b0)");
  EXPECT_EQ(found.chances, 3);
  EXPECT_EQ(found.violations, 0);
}

TEST(ConsistentPrefix, TheOrderNeedNotBeThatOfTheAcknowledgements) {
  EXPECT_EQ(prefix(R"(
    A 0..1 writes a1
    B 2..3 writes b1
    C 4..5 reads a0 b1)")
                .violations,
            0);
}

TEST(ConsistentPrefix, HalfATransactionIsNoPrefix) {
  const auto found = prefix(R"(
    A 0..1 writes a1 b1
    B 2..3 reads a1 b0)");
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(found.examples[0].steps.size(), 2);
}

TEST(ConsistentPrefix, EverySnapshotOfHalfATransactionIsCounted) {
  EXPECT_EQ(prefix(R"(
    A 0..1 writes a1 b1
    B 2..3 reads a1 b0
    C 2..3 reads a1 b0)")
                .violations,
            2);
}

TEST(ConsistentPrefix, OverwritingOrdersTransactions) {
  const auto found = prefix(R"(
    A 0..1 writes a1
    B 2..3 writes a2 b1
    C 4..5 reads a0 b1)");
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(prefix(R"(
    A 0..1 writes a1 c1
    B 2..3 writes a2 b1
    C 4..5 reads c0 b1)")
                .violations,
            1);
}

TEST(ConsistentPrefix, ForksThroughLongerCyclesAreFound) {
  const auto found = prefix(R"(
    A 0..1 writes a1
    B 0..1 writes b1
    C 0..1 writes c1
    D 2..3 reads a1 b0
    E 2..3 reads b1 c0
    F 2..3 reads c1 a0)");
  EXPECT_GE(found.violations, 1);
  ASSERT_FALSE(found.examples.empty());
  EXPECT_EQ(found.examples[0].steps.size(), 6);
}

TEST(ConsistentPrefix, WritesThatContradictEachOtherAloneCountOnce) {
  const auto found = prefix(R"(
    A 0..1 writes a1 b2
    B 0..1 writes a2 b1)");
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(found.examples[0].steps.size(), 2);
}

TEST(ConsistentPrefix, OnlyTheSnapshotsThatDoNotFitAreCounted) {
  EXPECT_EQ(prefix(R"(
    A 0..1 writes a1
    B 2..3 writes b1
    C 4..5 reads a1 b0
    D 4..5 reads a1 b0
    E 4..5 reads a1 b0
    F 4..5 reads a0 b1)")
                .violations,
            1);
}

TEST(ConsistentPrefix, AVersionWithTwoWritersOrdersNothing) {
  EXPECT_EQ(prefix(R"(
    A 0..1 writes a1 b1
    B 2..3 writes a1
    C 4..5 reads a1/B b1
    D 6..7 writes a2
    E 8..9 reads a1/A b1)")
                .violations,
            0);
}

TEST(ConsistentPrefix, WhoSawALostVersionIsBoundByNothingBehindIt) {
  EXPECT_EQ(prefix(R"(
    A 0..1 writes a1
    B 2..3 writes a1
    C 4..5 writes a2 d1
    C 6..7 writes d2 f1
    D 8..9 reads a1/A f1)")
                .violations,
            0);
}

TEST(LongFork, TwoWritesInOppositeOrdersAreFound) {
  const auto found = fork(k_fork);
  EXPECT_EQ(found.chances, 2);
  EXPECT_EQ(found.violations, 1);
  EXPECT_EQ(told(found),
            "0 wrote register 0, version 1\n"
            "1 wrote register 1, version 1\n"
            "2 saw register 0, version 1, and register 1, version 0\n"
            "3 saw register 0, version 0, and register 1, version 1\n"
            "the two snapshots saw the two writes in opposite orders");
}

TEST(LongFork, HalfATransactionIsNoFork) {
  EXPECT_EQ(fork(R"(
    A 0..1 writes a1 b1
    B 2..3 reads a1 b0
    C 4..5 reads a0 b1)")
                .violations,
            0);
}

TEST(LongFork, HalfATransactionDoesNotHideAFork) {
  EXPECT_EQ(fork(R"(
    A 0..1 writes a1
    B 2..3 writes a2 b1
    C 4..5 reads a2 b0
    D 6..7 reads a0 b1)")
                .violations,
            1);
}

TEST(LongFork, SnapshotsAlongOneOrderAreFine) {
  const auto found = fork(R"(
    A 0..1 writes a1
    A 0..1 writes a2
    B 2..3 writes b1
    B 2..3 writes b2
    C 4..5 reads a1 b0
    C 6..7 reads a2 b0
    D 8..9 reads a2 b1
    D 8..9 reads a2 b2
    D 8..9 reads a0 b0
    D 8..9 reads a0)");
  EXPECT_EQ(found.chances, 5);
  EXPECT_EQ(found.violations, 0);
}

TEST(LongFork, EveryoneWhoIsBehindTheNewestIsCounted) {
  EXPECT_EQ(fork(R"(
    A 0..1 writes a1
    A 2..3 writes a2
    B 0..1 writes b1
    B 2..3 writes b2
    C 4..5 reads a0 b2
    D 4..5 reads a1 b0
    E 4..5 reads a2 b1)")
                .violations,
            2);
}

TEST(LongFork, EachSnapshotCountsOnce) {
  EXPECT_EQ(fork(R"(
    A 0..1 writes a1
    B 0..1 writes b1
    C 0..1 writes c1
    D 2..3 reads a1 b0 c0
    E 2..3 reads a0 b1 c1)")
                .violations,
            1);
}

// Some transactions over three rows, and snapshots that saw anything.
History random_history(Random& random) {
  History history;
  history.rows.resize(3);
  std::vector<Version> made(3);
  WriteId writer = 0;
  std::map<std::pair<RowId, Version>, WriteId> writers;
  const auto some_rows = [&] {
    std::vector<RowId> rows = {0, 1, 2};
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(random.below(3)));
    if (random.chance(0.3)) rows.pop_back();
    return rows;
  };
  for (std::size_t i = 2 + random.below(3); i > 0; --i) {
    Operation write{
        .kind = OperationKind::k_write, .seen = {}, .puts = {}, .lists = {}, .error = {}};
    for (const RowId row : some_rows()) {
      write.puts.push_back({row, ++made[row], ++writer});
      writers[{row, made[row]}] = writer;
    }
    history.operations.push_back(write);
  }
  for (std::size_t i = 1 + random.below(4); i > 0; --i) {
    Operation read;
    for (const RowId row : some_rows()) {
      const Version version = random.below(made[row] + 1);
      read.seen.push_back({row, version, version == 0 ? 0 : writers[{row, version}]});
    }
    history.operations.push_back(read);
  }
  for (Operation& operation : history.operations) {
    operation.session = static_cast<SessionId>(&operation - history.operations.data());
    operation.started = Duration(random.below(100));
    operation.ended = operation.started + Duration(random.below(50));
  }
  return history;
}

bool is_some_prefix(const std::vector<const Operation*>& order, const Operation& snapshot) {
  std::map<RowId, Version> state;
  for (std::size_t position = 0;; ++position) {
    if (std::ranges::all_of(snapshot.seen,
                            [&](const Seen& seen) { return state[seen.row] == seen.version; })) {
      return true;
    }
    if (position == order.size()) return false;
    for (const Put& put : order[position]->puts) state[put.row] = put.version;
  }
}

bool is_in_order_of_versions(const std::vector<const Operation*>& order) {
  std::map<RowId, Version> state;
  for (const Operation* write : order) {
    for (const Put& put : write->puts) {
      if (put.version != ++state[put.row]) return false;
    }
  }
  return true;
}

bool some_order_explains(const History& history) {
  std::vector<const Operation*> order;
  std::vector<const Operation*> snapshots;
  for (const Operation& operation : history.operations) {
    (operation.puts.empty() ? snapshots : order).push_back(&operation);
  }
  std::ranges::sort(order);
  do {
    if (is_in_order_of_versions(order) &&
        std::ranges::all_of(snapshots, [&](const Operation* snapshot) {
          return is_some_prefix(order, *snapshot);
        })) {
      return true;
    }
  } while (std::ranges::next_permutation(order).found);
  return false;
}

// Two snapshots that cannot both be prefixes because of two different transactions.
bool has_fork(const History& history) {
  const auto saw = [&](const Operation& snapshot, const Put& put) {
    const auto found = std::ranges::find(snapshot.seen, put.row, &Seen::row);
    return found == snapshot.seen.end() ? -1 : static_cast<int>(found->version >= put.version);
  };
  for (const Operation& one : history.operations) {
    for (const Operation& other : history.operations) {
      for (const Operation& first : history.operations) {
        for (const Operation& second : history.operations) {
          if (&first == &second) continue;
          for (const Put& a : first.puts) {
            for (const Put& b : second.puts) {
              if (saw(one, a) == 1 && saw(one, b) == 0 && saw(other, a) == 0 &&
                  saw(other, b) == 1 && a.row != b.row) {
                return true;
              }
            }
          }
        }
      }
    }
  }
  return false;
}

TEST(ConsistentPrefix, ItAgreesWithTryingEveryOrder) {
  Random random(11);
  std::map<bool, int> times;
  std::map<bool, int> forks;
  for (int round = 0; round < 8'000; ++round) {
    const History history = random_history(random);
    const auto found = testing::findings(history);
    const auto& verdict = found.verdicts[std::to_underlying(Guarantee::k_consistent_prefix)];
    const bool expected = some_order_explains(history);
    ASSERT_EQ(verdict.violations == 0, expected) << "round " << round;
    ASSERT_EQ(verdict.examples.empty(), expected) << "round " << round;
    ASSERT_LE(verdict.violations, verdict.chances) << "round " << round;
    ++times[expected];
    const bool is_forked = has_fork(history);
    const auto& fork = found.verdicts[std::to_underlying(Guarantee::k_no_long_fork)];
    ASSERT_EQ(fork.violations > 0, is_forked) << "round " << round;
    ++forks[is_forked];
  }
  EXPECT_GT(times[true], 500);
  EXPECT_GT(times[false], 500);
  EXPECT_GT(forks[true], 300);
}

}  // namespace
}  // namespace tidemark::audit
