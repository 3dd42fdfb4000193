#include "gateway/cadence.h"

#include <gtest/gtest.h>

namespace tidemark::gateway {
namespace {

using namespace std::chrono_literals;

constexpr Instant k_start{100s};

// A node whose first sample took so long.
Cadence sampled(Duration round_trip, Duration interval = 10ms) {
  Cadence cadence(interval);
  cadence.begin();
  cadence.sent(k_start);
  cadence.answered(round_trip);
  return cadence;
}

TEST(Cadence, TheFirstSampleGoesAtOnce) {
  Cadence cadence(10ms);
  cadence.begin();
  EXPECT_LE(cadence.next(), k_start);
}

TEST(Cadence, ANodeNearbyIsNotAskedAgainBeforeItHasAnswered) {
  Cadence cadence(10ms);
  cadence.begin();
  cadence.sent(k_start);
  cadence.request(k_start + 1us);
  EXPECT_EQ(cadence.next(), k_never);
  EXPECT_FALSE(cadence.may_go_along(k_start + 1s));
  cadence.answered(100us);
  EXPECT_EQ(cadence.next(), k_start + k_least_sample_gap);
}

TEST(Cadence, WhatWasAskedForBeforeTheLatestSampleWasSentIsDone) {
  Cadence cadence = sampled(100us);
  cadence.request(k_start);
  EXPECT_EQ(cadence.next(), k_start + 10ms);
}

TEST(Cadence, WhileNobodyAsksSamplesAreRare) {
  Cadence cadence = sampled(100us);
  cadence.set_dozing(true);
  EXPECT_EQ(cadence.next(), k_start + k_doze_interval);
}

TEST(Cadence, ARegularSampleMayGoAlongAQuarterOfItsIntervalEarly) {
  const Cadence cadence = sampled(100us);
  EXPECT_FALSE(cadence.may_go_along(k_start + 7ms));
  EXPECT_TRUE(cadence.may_go_along(k_start + 7500us));
  EXPECT_EQ(cadence.next(), k_start + 10ms) << "by itself it does not";
}

TEST(Cadence, NoSampleGoesAlongWithinTheLeastGap) {
  const Cadence cadence = sampled(100us, 1ms);
  EXPECT_FALSE(cadence.may_go_along(k_start + 999us));
  EXPECT_TRUE(cadence.may_go_along(k_start + 1ms));
}

TEST(Cadence, ANodeFarAwayHasSeveralUnderWaySpreadOverItsRoundTrip) {
  Cadence cadence = sampled(80ms);
  EXPECT_EQ(cadence.next(), k_start + 20ms);
  cadence.request(k_start + 1ms);
  EXPECT_EQ(cadence.next(), k_start + 10ms);
  for (std::size_t i = 0; i < k_max_in_flight; ++i) {
    EXPECT_NE(cadence.next(), k_never);
    cadence.sent(k_start + 1s);
  }
  EXPECT_EQ(cadence.next(), k_never);
}

TEST(Cadence, ANewConnectionForgetsHowFarAwayTheNodeWas) {
  Cadence cadence = sampled(80ms);
  cadence.begin();
  cadence.sent(k_start + 1s);
  EXPECT_EQ(cadence.next(), k_never) << "one at a time, until it is known to be far";
}

}  // namespace
}  // namespace tidemark::gateway
