// The rules of the router, one by one.
#include "routing/router.h"

#include "routing/scenario.h"

namespace tidemark::routing {
namespace {

using topology::testing::at;
using topology::testing::primary;
using topology::testing::standby;
using RouterTest = Scenario;
using std::chrono::milliseconds;

TEST_F(RouterTest, AnEventualReadGoesToTheLeastLoadedStandby) {
  all_at(10, 100);
  wrote(20);
  loads_ = {{0}, {3}, {1}};
  expect_serves(asks(30, Kind::k_eventual), 2, Reason::k_any_standby);
}

TEST_F(RouterTest, AnEventualReadGoesToThePrimaryWhereNoStandbyIs) {
  sees(primary(0, 10, 100));
  expect_serves(asks(30, Kind::k_eventual), 0, Reason::k_no_standby);
}

TEST_F(RouterTest, AFreshSessionMayReadAnyStandby) {
  all_at(10, 100);
  expect_serves(asks(20), 1, Reason::k_covers);
}

TEST_F(RouterTest, WhatNeedsThePrimaryGoesThereAtEveryLevel) {
  all_at(10, 100);
  request_.needs_primary = true;
  expect_serves(asks(20), 0, Reason::k_primary_needed);
  expect_serves(asks(20, Kind::k_eventual), 0, Reason::k_primary_needed);
  request_.needs_primary = false;
  expect_serves(asks(20, Kind::k_strong), 0, Reason::k_primary_needed);
}

TEST_F(RouterTest, AReadAfterAWriteWaitsForASampleThenForAStandby) {
  all_at(10, 100);
  wrote(20);
  expect_waits(asks(20), Reason::k_wait_for_mark, 0b011);
  waits_since(20);
  sees(primary(0, 21, 150));
  const auto waiting = asks(22);
  expect_waits(waiting, Reason::k_wait_for_cover, 0b010);
  EXPECT_EQ(waiting.floor, consistency::Lsn{150});
  sees(standby(2, 23, 150));
  expect_serves(asks(24), 2, Reason::k_covers);
}

TEST_F(RouterTest, MonotonicReadsDoNotMindWrites) {
  all_at(10, 100);
  wrote(20);
  expect_serves(asks(20, Kind::k_monotonic_reads), 1, Reason::k_covers);
}

TEST_F(RouterTest, ReadYourWritesDoesNotMindReads) {
  all_at(10, 100);
  read(2, 20);
  loads_ = {{0}, {0}, {9}};
  expect_serves(asks(20, Kind::k_read_your_writes), 1, Reason::k_covers);
}

TEST_F(RouterTest, AReaderStaysOnItsStandbyUntilItsMarkIsResolved) {
  all_at(10, 100);
  read(2, 20);
  loads_ = {{0}, {0}, {9}};
  expect_serves(asks(21), 2, Reason::k_same_standby);
  sees(standby(2, 22, 120));
  expect_serves(asks(23), 2, Reason::k_covers);
  sees(standby(1, 24, 120));
  expect_serves(asks(25), 1, Reason::k_covers);
}

TEST_F(RouterTest, AFloorDoesNotCreepWhileNothingHappens) {
  all_at(10, 100);
  wrote(20);
  sees(primary(0, 21, 150));
  asks(22);
  sees(primary(0, 30, 900));
  EXPECT_EQ(asks(31).floor, consistency::Lsn{150});
}

TEST_F(RouterTest, AStandbyThatStandsStillIsNotWaitedFor) {
  all_at(10, 100);
  wrote(20);
  sees(primary(0, 21, 150));
  sees(standby(1, 600, 100));
  sees(standby(2, 600, 100));
  expect_serves(asks(601), 0, Reason::k_none_covers);
}

TEST_F(RouterTest, S6AWaitIsBoundedAndFallsBackToThePrimary) {
  all_at(10, 100);
  wrote(20);
  sees(primary(0, 21, 150));
  EXPECT_EQ(asks(22).until <= at(72), true);
  waits_since(22);
  expect_serves(asks(72), 0, Reason::k_none_covers);
}

TEST_F(RouterTest, WhereThePrimaryIsFarAWaitMayTakeAsLongAsGoingThere) {
  auto far = topology::testing::primary(0, 10, 100);
  far.received_at = far.sent_at + std::chrono::milliseconds(80);
  sees(far);
  sees(topology::testing::standby(1, 90, 100));
  sees(topology::testing::standby(2, 90, 100));
  wrote(100);
  asks(100);
  waits_since(100);
  EXPECT_EQ(asks(259).action, Action::k_wait);
  expect_serves(asks(260), 0, Reason::k_none_covers);
}

TEST_F(RouterTest, AMarkOnAFarPrimaryIsExpectedToBeKnownARoundTripLater) {
  is_away(0, 80);
  all_at(10, 100);
  wrote(100);
  EXPECT_EQ(asks(100).expected, milliseconds(90));
  waits_since(100);
  EXPECT_EQ(asks(140).expected, milliseconds(50));
}

TEST_F(RouterTest, WhatCannotBeKnownInTimeIsNotWaitedFor) {
  is_away(0, 80);
  all_at(10, 100);
  wrote(100);
  request_.within = milliseconds(85);
  expect_serves(asks(100), 0, Reason::k_none_covers);
  expect_waits(asks(115), Reason::k_wait_for_mark, 0b001);
}

TEST_F(RouterTest, WhereThePolicyKeepsReadsOffThePrimaryTheyAreRefused) {
  all_at(10, 100);
  wrote(20);
  sees(primary(0, 21, 150));
  request_.otherwise = Otherwise::k_refuse;
  waits_since(22);
  expect_refuses(asks(72), Reason::k_not_covered);
}

TEST_F(RouterTest, AWaitOfNothingIsNoWait) {
  all_at(10, 100);
  wrote(20);
  request_.wait_limit = Duration(0);
  request_.barrier_wait_limit = Duration(0);
  expect_serves(asks(20), 0, Reason::k_none_covers);
}

TEST_F(RouterTest, ANodeJustSampledIsNotSampledAgainAtOnce) {
  all_at(10, 100);
  wrote(20);
  sees(primary(0, 21, 150));
  sees(standby(1, 22, 120));
  sees(standby(2, 22, 110));
  const auto waiting = asks(22);
  expect_waits(waiting, Reason::k_wait_for_cover, 0);
  EXPECT_EQ(waiting.until, at(22) + std::chrono::microseconds(500));
}

TEST_F(RouterTest, ExcludedNodesAreNotServed) {
  all_at(10, 100);
  request_.excluded = 0b010;
  expect_serves(asks(20), 2, Reason::k_covers);
  request_.excluded = 0b110;
  expect_serves(asks(20), 0, Reason::k_no_standby);
  request_.excluded = 0b111;
  expect_refuses(asks(20), Reason::k_no_node);
}

TEST_F(RouterTest, WithoutAPrimaryReadsGoOnAndWritesWaitOrAreRefused) {
  all_at(10, 100);
  cluster_.on_failure(0);
  expect_serves(asks(20), 1, Reason::k_covers);
  request_.needs_primary = true;
  expect_refuses(asks(20), Reason::k_no_primary);
  request_.primary_wait_limit = milliseconds(100);
  const auto waiting = asks(20);
  expect_waits(waiting, Reason::k_wait_for_primary, 0);
  EXPECT_EQ(waiting.until, at(120));
  waits_since(20);
  expect_refuses(asks(120), Reason::k_no_primary);
}

TEST_F(RouterTest, AnOlderViewNeverLetsASessionGoBack) {
  all_at(10, 100);
  const auto older = cluster_.view(at(11));
  promotes(1, 20, 100, 150);
  read(1, 30);
  sees(topology::testing::on_timeline(primary(1, 31, 160), 2));
  asks(32);
  expect_serves(decide(request_, session_, *older, {}, at(33)), 1, Reason::k_same_standby);
  request_.needs_primary = true;
  expect_waits(decide(request_, session_, *older, {}, at(33)), Reason::k_wait_for_mark, 0);
}

}  // namespace
}  // namespace tidemark::routing
