#include "topology/trail.h"

#include <gtest/gtest.h>

#include "topology/samples.h"

namespace tidemark::topology {
namespace {

using consistency::Lsn;
using testing::at;

Trail trail_of(int points, int spacing_ms) {
  Trail trail;
  for (int i = 0; i < points; ++i) {
    const Lsn lsn{static_cast<std::uint64_t>(100 * i)};
    trail.add({at(i * spacing_ms), {1, lsn}, lsn, false});
  }
  return trail;
}

TEST(Trail, TheFirstPointSentAtOrAfterAnInstantIsFound) {
  const Trail trail = trail_of(5, 10);
  EXPECT_EQ(trail.after(at(10))->sent_at, at(10));
  EXPECT_EQ(trail.after(at(11))->sent_at, at(20));
  EXPECT_EQ(trail.after(at(40))->sent_at, at(40));
  EXPECT_EQ(trail.after(at(41)), nullptr);
  EXPECT_EQ(Trail().after(at(0)), nullptr);
}

TEST(Trail, AnInstantBeforeTheTrailHasItsOldestPointForABound) {
  EXPECT_EQ(trail_of(5, 10).after(at(-100))->sent_at, at(0));
}

TEST(Trail, ReachesBackInBoundedMemory) {
  const Trail trail = trail_of(10000, 10);
  EXPECT_LE(trail.points().size(), Trail::k_recent + Trail::k_thinned);
  EXPECT_LT(trail.points().front().sent_at, at(99990 - 30000));
  EXPECT_EQ(trail.last().sent_at, at(99990));
  for (int i = 0; i < 64; ++i)
    EXPECT_EQ(trail.after(at(99990 - 10 * i))->sent_at, at(99990 - 10 * i));
}

TEST(Trail, WhatIsFoundForAnInstantIsLateByAPartOfItsAge) {
  const Trail trail = trail_of(10000, 10);
  for (int age = 1000; age < 30000; age += 500) {
    const Duration late = trail.after(at(99990 - age))->sent_at - at(99990 - age);
    EXPECT_LE(late, std::chrono::milliseconds(200 + age / 8)) << age;
  }
}

TEST(Trail, ALongOneReachesBackHours) {
  Trail trail(Trail::k_long);
  for (int i = 0; i < 20000; ++i) trail.add({at(i * 500), {1, {1}}, {1}, true});
  EXPECT_LT(trail.points().front().sent_at, at(20000 * 500 / 2));
}

TEST(Trail, PointsOfAnotherTimelineArePassedOver) {
  Trail trail = trail_of(3, 10);
  trail.add({at(30), {2, {900}}, {900}, true});
  EXPECT_EQ(trail.after(at(0), 2)->sent_at, at(30));
  EXPECT_EQ(trail.after(at(0), 1)->sent_at, at(0));
  EXPECT_EQ(trail.after(at(30), 1), nullptr);
}

TEST(Trail, StaysInOrderWhenASampleComesLate) {
  Trail trail = trail_of(3, 10);
  trail.add({at(5), {1, {1}}, {1}, false});
  EXPECT_EQ(trail.points().size(), 3u);
}

TEST(Trail, KnowsSinceWhenAPositionWasPassed) {
  const Trail trail = trail_of(5, 10);
  EXPECT_EQ(trail.since_at({200}), at(20));
  EXPECT_EQ(trail.since_beyond({200}), at(30));
  EXPECT_EQ(trail.since_beyond({199}), at(20));
  EXPECT_EQ(trail.since_beyond({400}), std::nullopt);
}

TEST(Trail, RateIsBytesASecond) {
  EXPECT_DOUBLE_EQ(trail_of(20, 10).rate(), 10000);
  EXPECT_DOUBLE_EQ(trail_of(1, 10).rate(), 0);
  EXPECT_DOUBLE_EQ(Trail().rate(), 0);
}

}  // namespace
}  // namespace tidemark::topology
