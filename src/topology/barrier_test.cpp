#include "topology/barrier.h"

#include <gtest/gtest.h>

namespace tidemark::topology {
namespace {

using consistency::Snapshot;
using consistency::Xid;

Snapshot snapshot(Xid xmax, std::vector<Xid> running) {
  return {.xmin = running.empty() ? xmax : running.front(), .xmax = xmax, .running = running};
}

TEST(Barrier, P1ACommitThatOnlyTheStandbyShowsBlocks) {
  EXPECT_FALSE(shows_all(snapshot(10, {8}), snapshot(10, {})));
  EXPECT_FALSE(shows_all(snapshot(8, {}), snapshot(9, {})));
  EXPECT_TRUE(shows_all(snapshot(10, {}), snapshot(10, {})));
}

TEST(Barrier, P4ALongWriterThatTheStandbyReportsAsRunningDoesNotBlock) {
  EXPECT_TRUE(shows_all(snapshot(10, {8}), snapshot(10, {8})));
  EXPECT_TRUE(shows_all(snapshot(8, {}), snapshot(9, {8})));
}

TEST(Barrier, WhatTheStandbyHasNotBegunDoesNotBlock) {
  EXPECT_TRUE(shows_all(snapshot(20, {12, 15}), snapshot(12, {})));
}

TEST(Barrier, AStandbyFurtherAheadThanAnInquiryReachesBlocks) {
  EXPECT_FALSE(shows_all(snapshot(10, {}), snapshot(11 + k_max_inquired_range, {})));
}

TEST(Barrier, AFenceShowsWhatIsOlderOnceNothingOlderRuns) {
  const consistency::Fence fence{20, Instant()};
  EXPECT_TRUE(shows_all_before(fence, snapshot(21, {})));
  EXPECT_TRUE(shows_all_before(fence, snapshot(30, {25})));
  EXPECT_FALSE(shows_all_before(fence, snapshot(30, {19})));
  EXPECT_FALSE(shows_all_before(fence, snapshot(20, {})));
  EXPECT_FALSE(shows_all_before({}, snapshot(30, {})));
}

TEST(Barrier, AnInquiryAsksForWhatRunsAndWhatMayHaveBegunSince) {
  const auto inquiry = inquiry_of(snapshot(30, {21, 25}));
  EXPECT_EQ(inquiry.xids, (std::vector<Xid>{21, 25}));
  EXPECT_EQ(inquiry.from, 30u);
}

TEST(Barrier, AnInquiryIsBounded) {
  std::vector<Xid> running;
  for (Xid xid = 100; xid < 100 + 2 * k_max_inquired_xids; ++xid) running.push_back(xid);
  EXPECT_EQ(inquiry_of(snapshot(5000, running)).xids.size(), k_max_inquired_xids);
}

// Every way in which four transactions can be over on neither, on one, or on both nodes, against
// the rule in so many words: nothing that is over on the standby runs on the primary.
TEST(Barrier, TellsExactlyWhenTheStandbyHasToldAll) {
  constexpr Xid k_first = 10;
  constexpr int k_count = 4;
  const auto build = [&](int over) {
    Snapshot built{.xmin = k_first, .xmax = k_first, .running = {}};
    for (int i = 0; i < k_count; ++i) {
      if ((over >> i & 1) != 0) built.xmax = k_first + static_cast<Xid>(i) + 1;
    }
    for (Xid xid = k_first; xid < built.xmax; ++xid) {
      if ((over >> (xid - k_first) & 1) == 0) built.running.push_back(xid);
    }
    return built;
  };
  for (int primary = 0; primary < 1 << k_count; ++primary) {
    for (int standby = 0; standby < 1 << k_count; ++standby) {
      EXPECT_EQ(shows_all(build(primary), build(standby)), (standby & ~primary) == 0)
          << primary << " " << standby;
    }
  }
}

}  // namespace
}  // namespace tidemark::topology
