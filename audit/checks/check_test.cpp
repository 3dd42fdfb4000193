#include "audit/checks/check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "audit/checks/testing_random.h"
#include "audit/checks/testing_verdicts.h"

namespace tidemark::audit {
namespace {

using enum Guarantee;
using testing::findings;
using testing::random_history;
using testing::violated;

constexpr CheckOptions k_bound{.bound = std::chrono::seconds(1)};

std::string names_of(const std::set<Guarantee>& guarantees) {
  std::string names;
  for (const Guarantee guarantee : guarantees) names += std::string(name(guarantee)) + " ";
  return names;
}

std::uint64_t violations(const Findings& findings, Guarantee guarantee) {
  return findings.verdicts[std::to_underlying(guarantee)].violations;
}

// The latest write of the row by an operation that ended before `before` started, if any.
std::optional<OperationId> earlier_write(const History& history, RowId row, OperationId before) {
  std::optional<OperationId> found;
  for (OperationId id = 0; id < before; ++id) {
    const Operation& operation = history.operations[id];
    if (operation.outcome != Outcome::k_ok) continue;
    if (operation.ended >= history.operations[before].started) continue;
    if (std::ranges::find(operation.puts, row, &Put::row) != operation.puts.end()) found = id;
  }
  return found;
}

TEST(Check, WhatASerialStoreDidIsFoundFaultless) {
  Random random(1);
  std::array<std::uint64_t, k_guarantees> chances{};
  for (int round = 0; round < 300; ++round) {
    const auto found = findings(random_history(random), k_bound);
    ASSERT_EQ(violated(found), "") << "round " << round;
    ASSERT_EQ(found.strongest->kind, consistency::Level::Kind::k_strong);
    for (std::size_t i = 0; i < k_guarantees; ++i) chances[i] += found.verdicts[i].chances;
    ASSERT_GE(found.maybes, found.maybes_found);
  }
  for (const std::uint64_t number : chances) EXPECT_GT(number, 300);
}

// An operation that takes no time.
Operation instant(SessionId session, OperationKind kind, std::chrono::seconds at) {
  Operation operation;
  operation.session = session;
  operation.kind = kind;
  operation.started = operation.ended = at;
  return operation;
}

// Each mutation changes one thing somewhere in a faultless history; empty where there is nothing
// that it could change. What it must violate, and maybe more.
struct Mutated {
  History history;
  std::set<Guarantee> must;
};
using Mutation = std::optional<Mutated> (*)(History history, Random& random);

// Tries operations from a random one on.
template <class Try>
std::optional<Mutated> try_from(History& history, Random& random, const Try& attempt) {
  const std::size_t size = history.operations.size();
  const std::size_t first = random.below(size);
  for (std::size_t i = 0; i < size; ++i) {
    auto must = attempt(static_cast<OperationId>((first + i) % size));
    if (!must.empty()) return Mutated{std::move(history), std::move(must)};
  }
  return std::nullopt;
}

// The state of the row before an acknowledged write, as a reader would have seen it.
std::optional<Seen> before(const History& history, RowId row, Version version) {
  if (version == 1) return Seen{row, 0, 0};
  for (const Operation& operation : history.operations) {
    for (const Put& put : operation.puts) {
      if (put.row == row && put.version == version - 1) return Seen{row, version - 1, put.writer};
    }
  }
  return std::nullopt;
}

// A read misses the latest write of the row that had been acknowledged before it began.
std::optional<Mutated> set_read_back(History history, Random& random) {
  return try_from(history, random, [&](OperationId id) -> std::set<Guarantee> {
    Operation& read = history.operations[id];
    for (Seen& seen : read.seen) {
      const auto write = earlier_write(history, seen.row, id);
      if (!write) continue;
      const Operation& by = history.operations[*write];
      const Put& put = *std::ranges::find(by.puts, seen.row, &Put::row);
      const auto old = before(history, seen.row, put.version);
      if (!old) continue;
      seen = *old;
      std::erase_if(read.lists, [&](const ListSeen& list) { return list.row == seen.row; });
      if (by.session == read.session) return {k_linearizable, k_read_your_writes, k_causal};
      return {k_linearizable};
    }
    return {};
  });
}

// Of a transaction that wrote two rows a snapshot shows one and not the other.
std::optional<Mutated> split_transaction(History history, Random& random) {
  return try_from(history, random, [&](OperationId id) -> std::set<Guarantee> {
    for (Seen& seen : history.operations[id].seen) {
      if (seen.version == 0) continue;
      for (const Operation& by : history.operations) {
        const auto put = std::ranges::find(by.puts, seen.writer, &Put::writer);
        if (put == by.puts.end()) continue;
        const auto other = std::ranges::find_if(by.puts, [&](const Put& candidate) {
          const auto shown =
              std::ranges::find(history.operations[id].seen, candidate.writer, &Seen::writer);
          return candidate.row != seen.row && shown != history.operations[id].seen.end();
        });
        if (other == by.puts.end() || put->version == k_unknown_version) continue;
        const auto old = before(history, seen.row, put->version);
        if (!old) continue;
        history.operations[id].lists.clear();
        seen = *old;
        return {k_no_fractured_reads, k_consistent_prefix, k_causal};
      }
    }
    return {};
  });
}

// An acknowledged write of the last version of a row is not there in the end.
std::optional<Mutated> drop_last_write(History history, Random& random) {
  return try_from(history, random, [&](OperationId id) -> std::set<Guarantee> {
    for (const Put& put : history.operations[id].puts) {
      Seen& last = history.last[put.row];
      if (put.version != last.version) continue;
      const auto old = before(history, put.row, put.version);
      if (!old) continue;
      last = *old;
      std::erase_if(history.last_lists, [&](const ListSeen& list) { return list.row == put.row; });
      return {k_no_lost_writes};
    }
    return {};
  });
}

// Two acknowledged writes of one row change places.
std::optional<Mutated> swap_writes(History history, Random& random) {
  return try_from(history, random, [&](OperationId id) -> std::set<Guarantee> {
    for (Put& put : history.operations[id].puts) {
      if (history.operations[id].outcome != Outcome::k_ok) continue;
      const auto earlier = earlier_write(history, put.row, id);
      if (!earlier) continue;
      Put& other = *std::ranges::find(history.operations[*earlier].puts, put.row, &Put::row);
      for (Operation& operation : history.operations) {
        operation.lists.clear();
        for (Seen& seen : operation.seen) {
          if (seen.row != put.row) continue;
          if (seen.version == put.version) {
            seen.writer = other.writer;
          } else if (seen.version == other.version) {
            seen.writer = put.writer;
          }
        }
      }
      history.last_lists.clear();
      Seen& last = history.last[put.row];
      if (last.version == put.version) last.writer = other.writer;
      std::swap(put.version, other.version);
      return {k_linearizable};
    }
    return {};
  });
}

// A write says a version that another one has made.
std::optional<Mutated> claim_version(History history, Random& random) {
  return try_from(history, random, [&](OperationId id) -> std::set<Guarantee> {
    for (Put& put : history.operations[id].puts) {
      const auto earlier = earlier_write(history, put.row, id);
      if (history.operations[id].outcome != Outcome::k_ok || !earlier) continue;
      const Operation& by = history.operations[*earlier];
      put.version = std::ranges::find(by.puts, put.row, &Put::row)->version;
      for (Operation& operation : history.operations) {
        operation.lists.clear();
        std::erase_if(operation.seen, [&](const Seen& seen) { return seen.writer == put.writer; });
      }
      history.last_lists.clear();
      std::erase_if(history.last, [&](const Seen& seen) { return seen.writer == put.writer; });
      return {k_no_lost_updates, k_no_lost_writes, k_linearizable};
    }
    return {};
  });
}

// The items of a list that was read change places.
std::optional<Mutated> shuffle_list(History history, Random& random) {
  return try_from(history, random, [&](OperationId id) -> std::set<Guarantee> {
    for (ListSeen& list : history.operations[id].lists) {
      if (list.items.size() < 2) continue;
      std::swap(list.items[0], list.items[1]);
      return {k_no_lost_updates};
    }
    return {};
  });
}

// Somebody is told of the latest write, and reads the row without it.
std::optional<Mutated> tell_and_miss(History history, Random& random) {
  return try_from(history, random, [&](OperationId id) -> std::set<Guarantee> {
    const Operation& write = history.operations[id];
    if (write.outcome != Outcome::k_ok || write.puts.empty()) return {};
    const Put put = write.puts[0];
    const auto old = before(history, put.row, put.version);
    if (!old) return {};
    using std::chrono::seconds;
    auto say = instant(write.session, OperationKind::k_hand_over, seconds(10));
    auto hear = instant(1000, OperationKind::k_take_over, seconds(11));
    say.message = hear.message = 1'000'000;
    auto read = instant(1000, OperationKind::k_read, seconds(12));
    read.seen = {*old};
    // Reads of what came in between are not to be asked of a list.
    for (Operation& operation : history.operations) operation.lists.clear();
    history.operations.insert(history.operations.end(), {say, hear, read});
    return {k_causal, k_linearizable, k_bounded};
  });
}

// A session reads a row, and later an older state of it.
std::optional<Mutated> read_twice(History history, Random& random) {
  return try_from(history, random, [&](OperationId id) -> std::set<Guarantee> {
    const Operation& read = history.operations[id];
    if (read.seen.empty() || read.seen[0].version == 0) return {};
    const auto old = before(history, read.seen[0].row, read.seen[0].version);
    if (!old) return {};
    auto again = instant(read.session, OperationKind::k_read, std::chrono::seconds(10));
    again.seen = {*old};
    history.operations.push_back(again);
    return {k_monotonic_reads, k_causal, k_linearizable};
  });
}

// Two newcomers see the first writes of two rows in opposite orders.
std::optional<Mutated> fork(History history, Random& random) {
  return try_from(history, random, [&](OperationId id) -> std::set<Guarantee> {
    const Operation& one = history.operations[id];
    const Operation& two = history.operations[random.below(history.operations.size())];
    if (one.puts.empty() || two.puts.empty() || &one == &two) return {};
    const Put a = one.puts[0];
    const Put b = two.puts[0];
    if (a.row == b.row || a.version == k_unknown_version || b.version == k_unknown_version) {
      return {};
    }
    const auto no_a = before(history, a.row, a.version);
    const auto no_b = before(history, b.row, b.version);
    if (!no_a || !no_b) return {};
    auto first = instant(1000, OperationKind::k_read, std::chrono::seconds(9));
    first.seen = {{a.row, a.version, a.writer}, *no_b};
    auto second = instant(1001, OperationKind::k_read, std::chrono::seconds(9));
    second.seen = {*no_a, {b.row, b.version, b.writer}};
    history.operations.insert(history.operations.end(), {first, second});
    return {k_no_long_fork, k_consistent_prefix, k_linearizable};
  });
}

TEST(Check, EveryMutationOfAFaultlessHistoryIsFound) {
  Random random(2);
  const std::pair<std::string_view, Mutation> mutations[] = {
      {"set a read back", set_read_back},
      {"split a transaction", split_transaction},
      {"drop the last write", drop_last_write},
      {"swap two writes", swap_writes},
      {"claim a version", claim_version},
      {"shuffle a list", shuffle_list},
      {"tell and miss", tell_and_miss},
      {"read twice", read_twice},
      {"fork", fork}};
  for (const auto& [what, mutate] : mutations) {
    int mutated = 0;
    for (int round = 0; round < 100; ++round) {
      const auto made = mutate(random_history(random, {.operations = 60}), random);
      if (!made) continue;
      ++mutated;
      const auto found = findings(made->history, k_bound);
      for (const Guarantee guarantee : made->must) {
        ASSERT_GT(violations(found, guarantee), 0)
            << what << ", round " << round << ": " << name(guarantee) << "; must violate "
            << names_of(made->must) << "and violates " << violated(found);
      }
      ASSERT_NE(found.strongest, consistency::Level{consistency::Level::Kind::k_strong});
    }
    EXPECT_GT(mutated, 50) << what;
  }
}

TEST(Check, ViolationsNeverOutnumberChances) {
  Random random(5);
  for (int round = 0; round < 200; ++round) {
    History history = random_history(random, {.operations = 80});
    // Any read may be of anything that was ever there.
    std::map<RowId, std::vector<Seen>> states;
    for (RowId row = 0; row < history.rows.size(); ++row) states[row] = {{row, 0, 0}};
    for (const Operation& operation : history.operations) {
      for (const Put& put : operation.puts) {
        if (put.version != k_unknown_version) {
          states[put.row].push_back({put.row, put.version, put.writer});
        }
      }
    }
    for (Operation& operation : history.operations) {
      operation.lists.clear();
      for (Seen& seen : operation.seen) {
        const auto& all = states[seen.row];
        if (random.chance(0.5)) seen = all[random.below(all.size())];
      }
    }
    const auto found = findings(history, k_bound);
    for (const Verdict& verdict : found.verdicts) {
      ASSERT_LE(verdict.violations, verdict.chances) << name(verdict.guarantee);
      ASSERT_EQ(verdict.violations, verdict.times.size());
      ASSERT_TRUE(std::ranges::is_sorted(verdict.times));
      const auto told = std::min<std::uint64_t>(verdict.violations, 1);
      ASSERT_GE(verdict.examples.size(), told) << name(verdict.guarantee);
      ASSERT_LE(verdict.examples.size(), k_most_examples);
    }
  }
}

}  // namespace
}  // namespace tidemark::audit
