#include "consistency/frontier.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace tidemark::consistency {
namespace {

History k_history() {
  History history;
  history.add({2, 1, {2}});
  return history;
}

const std::array<History, 2> k_histories{k_history(), k_history()};

// Every position on two timelines and a few Lsns.
std::vector<Position> positions() {
  std::vector<Position> all{{}};
  for (Timeline timeline = 1; timeline <= 2; ++timeline) {
    for (std::uint64_t lsn = 1; lsn <= 4; ++lsn) all.push_back({timeline, {lsn}});
  }
  return all;
}

std::vector<Frontier> frontiers() {
  std::vector<Frontier> all;
  for (const auto& one : positions()) {
    for (const auto& other : positions()) {
      Frontier frontier;
      frontier.set(0, one);
      frontier.set(1, other);
      all.push_back(frontier);
    }
  }
  return all;
}

bool covers(const Frontier& have, const Frontier& need) {
  return have.covers(need, k_histories) == Cover::k_covered;
}

TEST(Frontier, CoversItselfAndNothing) {
  for (const auto& frontier : frontiers()) {
    EXPECT_TRUE(covers(frontier, frontier));
    EXPECT_TRUE(covers(frontier, Frontier()));
  }
}

TEST(Frontier, CoverIsTransitive) {
  const auto all = frontiers();
  for (const auto& a : all) {
    for (const auto& b : all) {
      if (!covers(a, b)) continue;
      for (const auto& c : all) {
        EXPECT_TRUE(!covers(b, c) || covers(a, c));
      }
    }
  }
}

TEST(Frontier, MergeIsTheLeastUpperBound) {
  const auto all = frontiers();
  for (const auto& a : all) {
    for (const auto& b : all) {
      Frontier merged = a;
      const bool whole = merged.merge(b, k_histories);
      bool bounded = false;
      for (const auto& c : all) {
        const bool is_bound = covers(c, a) && covers(c, b);
        bounded |= is_bound;
        EXPECT_TRUE(!whole || is_bound == covers(c, merged));
      }
      EXPECT_EQ(whole, bounded);
    }
  }
}

TEST(Frontier, MergeIsCommutative) {
  const auto all = frontiers();
  for (const auto& a : all) {
    for (const auto& b : all) {
      Frontier ab = a;
      Frontier ba = b;
      EXPECT_EQ(ab.merge(b, k_histories), ba.merge(a, k_histories));
      EXPECT_TRUE(covers(ab, ba) && covers(ba, ab));
    }
  }
}

TEST(Frontier, TheWorstOriginDecides) {
  Frontier have;
  have.set(0, {2, {4}});
  have.set(1, {2, {1}});
  Frontier need;
  need.set(1, {2, {3}});
  EXPECT_EQ(have.covers(need, k_histories), Cover::k_not_yet);
  need.set(0, {1, {3}});
  EXPECT_EQ(have.covers(need, k_histories), Cover::k_never);
}

TEST(Frontier, HoldsNoMemoryWhereThereIsOneOrigin) {
  EXPECT_LE(sizeof(Frontier), 32u);
  Frontier frontier;
  frontier.set(0, {1, {7}});
  frontier.set(3, {});
  EXPECT_EQ(frontier.bytes_outside(), 0u);
  frontier.set(k_max_origins - 1, {1, {8}});
  EXPECT_GT(frontier.bytes_outside(), 0u);
  EXPECT_EQ(frontier.at(k_max_origins - 1), (Position{1, {8}}));
}

TEST(Frontier, ACopyIsOneOfItsOwn) {
  Frontier one;
  one.set(2, {1, {5}});
  Frontier other = one;
  other.set(2, {1, {6}});
  EXPECT_EQ(one.at(2), (Position{1, {5}}));
  EXPECT_NE(one, other);
  other = one;
  EXPECT_EQ(one, other);
  one.set(2, {});
  EXPECT_EQ(one, Frontier()) << "room alone makes no difference";
  EXPECT_TRUE(one.empty());
}

}  // namespace
}  // namespace tidemark::consistency
