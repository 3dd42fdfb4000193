// Causal consistency against a twin that takes the definition at its word: the transitive closure
// of all causes, as a table.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "audit/checks/testing_random.h"
#include "audit/checks/testing_verdicts.h"

namespace tidemark::audit {
namespace {

class Twin {
 public:
  explicit Twin(const History& history) : history_(history), size_(history.operations.size()) {
    for (OperationId id = 0; id < size_; ++id) {
      for (const Put& put : history.operations[id].puts) {
        by_[put.writer] = id;
        if (put.version != k_unknown_version) note(put.row, put.version, put.writer);
      }
    }
    for (const Operation& operation : history.operations) {
      for (const Seen& seen : operation.seen) note(seen.row, seen.version, seen.writer);
    }
    for (const Seen& last : history.last) note(last.row, last.version, last.writer);
    close();
  }

  // (operation, row) of the reads that miss something of their past.
  std::set<std::pair<OperationId, RowId>> violations() const {
    std::set<std::pair<OperationId, RowId>> found;
    for (OperationId id = 0; id < size_; ++id) {
      for (const Seen& seen : history_.operations[id].seen) {
        for (const auto& [version, writer] : versions_) {
          if (version.first != seen.row || !knows_[by_.at(writer)][id]) continue;
          const bool is_newer = version.second > seen.version;
          if (is_newer) found.emplace(id, seen.row);
        }
      }
    }
    return found;
  }

 private:
  void note(RowId row, Version version, WriteId writer) {
    if (version > 0) versions_[{row, version}] = writer;
  }

  bool is_cause(OperationId cause, OperationId of) const {
    const Operation& one = history_.operations[cause];
    const Operation& two = history_.operations[of];
    if (cause < of && one.session == two.session && one.outcome == Outcome::k_ok) {
      bool is_parted = false;
      for (OperationId id = cause + 1; id <= of; ++id) {
        const Operation& between = history_.operations[id];
        is_parted |= between.session == two.session && between.loss_declared;
      }
      if (!is_parted) return true;
    }
    if (two.kind == OperationKind::k_take_over && one.kind == OperationKind::k_hand_over &&
        one.message == two.message) {
      return true;
    }
    for (const Put& put : one.puts) {
      for (const Seen& seen : two.seen) {
        if (seen.writer == put.writer) return true;
      }
      for (const auto& [version, writer] : versions_) {
        if (writer != put.writer) continue;
        const auto next = versions_.find({version.first, version.second + 1});
        if (next != versions_.end() && by_.at(next->second) == of) return true;
      }
    }
    return false;
  }

  void close() {
    knows_.assign(size_, std::vector<bool>(size_));
    for (OperationId i = 0; i < size_; ++i) {
      for (OperationId j = 0; j < size_; ++j) knows_[i][j] = i != j && is_cause(i, j);
    }
    for (OperationId k = 0; k < size_; ++k) {
      for (OperationId i = 0; i < size_; ++i) {
        for (OperationId j = 0; j < size_ && knows_[i][k]; ++j) {
          if (knows_[k][j]) knows_[i][j] = true;
        }
      }
    }
  }

  const History& history_;
  std::size_t size_;
  std::map<WriteId, OperationId> by_;
  std::map<std::pair<RowId, Version>, WriteId> versions_;
  std::vector<std::vector<bool>> knows_;  // [i][j]: i is in the past of j
};

// Some reads are of older states, some answers declare a loss.
History with_old_reads(Random& random) {
  testing::Shape shape{.operations = 40, .sessions = 4, .keys = 1, .maybes = 0.15};
  History history = random_history(random, shape);
  history.last_lists.clear();
  std::map<RowId, std::vector<Seen>> states;
  const double staleness = static_cast<double>(random.below(4)) / 10;
  for (RowId row = 0; row < history.rows.size(); ++row) states[row] = {{row, 0, 0}};
  for (Operation& operation : history.operations) {
    operation.lists.clear();
    operation.loss_declared = random.chance(0.03);
    for (Seen& seen : operation.seen) {
      auto& all = states[seen.row];
      if (all.back().version < seen.version) all.push_back(seen);
      if (random.chance(staleness)) seen = all[random.below(all.size())];
    }
    for (const Put& put : operation.puts) {
      if (put.version != k_unknown_version) {
        states[put.row].push_back({put.row, put.version, put.writer});
      }
    }
  }
  return history;
}

TEST(Causal, ItAgreesWithTheClosureOfAllCauses) {
  Random random(13);
  std::size_t violated = 0;
  std::size_t faultless = 0;
  for (int round = 0; round < 600; ++round) {
    const History history = with_old_reads(random);
    const auto expected = Twin(history).violations();
    const auto found = testing::findings(history).verdicts[std::to_underlying(Guarantee::k_causal)];
    ASSERT_EQ(found.violations, expected.size()) << "round " << round;
    for (const Violation& example : found.examples) {
      EXPECT_TRUE(std::ranges::any_of(
          expected, [&](const auto& at) { return at.first == example.steps.back().operation; }));
    }
    ++(expected.empty() ? faultless : violated);
  }
  EXPECT_GT(violated, 100);
  EXPECT_GT(faultless, 100);
}

}  // namespace
}  // namespace tidemark::audit
