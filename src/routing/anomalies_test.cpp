// What a gateway must survive, as simulated samples; the names are those of the catalogue of
// anomalies.
#include "routing/scenario.h"

namespace tidemark::routing {
namespace {

using consistency::Lsn;
using topology::testing::primary;
using topology::testing::restarted;
using topology::testing::showing;
using topology::testing::standby;
using Anomalies = Scenario;

TEST_F(Anomalies, P1AfterReadingACommitThatThePrimaryDoesNotShowThePrimaryIsBarred) {
  all_at(10, 100);
  read(1, 20);
  request_.needs_primary = true;
  expect_waits(asks(20), Reason::k_wait_for_barrier, 0b011);
  waits_since(20);
  sees(showing(standby(1, 21, 150), 21, {}));
  sees(showing(primary(0, 22, 150), 20, {}));
  EXPECT_EQ(asks(30).reason, Reason::k_wait_for_barrier);
  expect_refuses(asks(70), Reason::k_behind_barrier);
}

TEST_F(Anomalies, P2AStrongReadAfterALongForkIsBarredToo) {
  all_at(10, 100);
  read(1, 20);
  sees(showing(standby(1, 21, 150), 21, {}));
  sees(showing(primary(0, 22, 160), 22, {20}));
  EXPECT_EQ(asks(23, Kind::k_strong).reason, Reason::k_wait_for_barrier);
  EXPECT_EQ(asks(23, Kind::k_session).node, 1u);
}

TEST_F(Anomalies, P3OnceThePrimaryShowsAllTheSessionCrossesOver) {
  all_at(10, 100);
  read(1, 20);
  request_.needs_primary = true;
  sees(showing(standby(1, 21, 150), 21, {}));
  sees(showing(primary(0, 22, 150), 21, {}));
  expect_serves(asks(23), 0, Reason::k_primary_needed);
}

TEST_F(Anomalies, P4ALongWriterElsewhereDoesNotBarThePrimary) {
  all_at(10, 100);
  read(1, 20);
  request_.needs_primary = true;
  sees(showing(standby(1, 21, 150), 21, {15}));
  sees(showing(primary(0, 22, 150), 21, {15}));
  expect_serves(asks(23), 0, Reason::k_primary_needed);
}

TEST_F(Anomalies, P4AReaderAtEventualCrossesFreely) {
  all_at(10, 100);
  read(1, 20);
  request_.needs_primary = true;
  expect_serves(asks(20, Kind::k_eventual), 0, Reason::k_primary_needed);
}

TEST_F(Anomalies, P4AReadThatAStandbyCanServeStaysOffTheBarrier) {
  all_at(10, 100);
  read(1, 20);
  sees(showing(standby(1, 21, 150), 21, {}));
  sees(showing(primary(0, 22, 150), 20, {}));
  expect_serves(asks(23), 1, Reason::k_covers);
}

TEST_F(Anomalies, P4ForAStandbyThatIsGoneAnotherOrAFenceOpensTheBarrier) {
  all_at(10, 100);
  read(1, 20);
  cluster_.on_failure(1);
  request_.needs_primary = true;
  sees(primary(0, 21, 150));
  const auto waiting = asks(22);
  expect_waits(waiting, Reason::k_wait_for_barrier, 0b101);
  EXPECT_TRUE(waiting.nudge);

  auto fenced = showing(primary(0, 25, 160), 31, {});
  fenced.fence = {30, topology::testing::at(24)};
  auto by_fence = cluster_;
  by_fence.on_sample(fenced);
  auto session = session_;
  const auto now = topology::testing::at(26);
  expect_serves(decide(request_, session, *by_fence.view(now), {}, now), 0,
                Reason::k_primary_needed);

  sees(standby(2, 25, 150));
  expect_serves(asks(26), 0, Reason::k_primary_needed);
}

TEST_F(Anomalies, P5AStandbyAtTheFlushPositionDoesNotCoverAnAsynchronousCommit) {
  all_at(10, 100);
  wrote(20);
  auto sample = primary(0, 21, 0x30203B8);
  sample.flush = {0x30202B0};
  sees(sample);
  sees(standby(1, 22, 0x30202B0));
  const auto decision = asks(23);
  EXPECT_EQ(decision.action, Action::k_wait);
  EXPECT_EQ(decision.floor, Lsn{0x30203B8});
}

TEST_F(Anomalies, P6AFloorAboveThePrimarysFlushPositionIsNudged) {
  all_at(10, 100);
  wrote(20);
  auto sample = primary(0, 21, 150);
  sample.flush = {140};
  sees(sample);
  EXPECT_TRUE(asks(22).nudge);
  sees(primary(0, 23, 150));
  EXPECT_FALSE(asks(24).nudge);
}

TEST_F(Anomalies, P7AStandbyThatHasPassedALostPositionDoesNotCoverIt) {
  all_at(10, 100);
  wrote(20);
  auto sample = primary(0, 21, 150);
  sample.flush = {120};
  sees(sample);
  sees(standby(1, 30, 200));  // behind a crash that no sample has seen yet
  EXPECT_EQ(asks(31).action, Action::k_wait);
  sees(restarted(primary(0, 40, 250)));
  expect_refuses(asks(41), Reason::k_lost_writes);
}

TEST_F(Anomalies, F1LostWritesAreToldOnceAndForgiven) {
  all_at(10, 300);
  wrote(20);
  sees(primary(0, 21, 320));
  asks(22);
  promotes(1, 30, 310, 400);
  sees(topology::testing::on_timeline(standby(2, 31, 400), 2));
  expect_refuses(asks(32), Reason::k_lost_writes);
  expect_refuses(asks(32), Reason::k_lost_writes);
  session_.forgive();
  expect_serves(asks(33), 2, Reason::k_covers);
}

TEST_F(Anomalies, F1WhatSurvivedIsStillOwedToWhoWasToldOfALoss) {
  all_at(10, 300);
  wrote(20);
  sees(primary(0, 21, 320));
  asks(22);
  promotes(1, 30, 310, 400);
  sees(topology::testing::on_timeline(standby(2, 31, 305), 2));  // has not all of it yet
  expect_refuses(asks(32), Reason::k_lost_writes);
  session_.forgive();
  EXPECT_EQ(asks(33).reason, Reason::k_wait_for_cover);
  sees(topology::testing::on_timeline(standby(2, 34, 400), 2));
  expect_serves(asks(35), 2, Reason::k_covers);
}

TEST_F(Anomalies, F1WritesBeforeTheSwitchPointAreNotLost) {
  all_at(10, 300);
  wrote(20);
  sees(primary(0, 21, 320));
  asks(22);
  promotes(1, 30, 330, 400);
  sees(topology::testing::on_timeline(standby(2, 31, 400), 2));
  expect_serves(asks(32), 2, Reason::k_covers);
}

TEST_F(Anomalies, F1WhileTheHistoryIsUnknownNothingIsPromised) {
  all_at(10, 300);
  wrote(20);
  sees(primary(0, 21, 320));
  asks(22);
  sees(topology::testing::on_timeline(primary(1, 30, 400), 2));
  request_.needs_primary = true;
  EXPECT_EQ(asks(31).reason, Reason::k_wait_for_mark);
  waits_since(31);
  expect_refuses(asks(81), Reason::k_fate_unknown);
  cluster_.on_history(2, std::nullopt);
  expect_refuses(asks(82), Reason::k_lost_writes);
}

TEST_F(Anomalies, F2AWriteNeverGoesToThePrimaryThatWasLeftBehind) {
  all_at(10, 300);
  promotes(1, 30, 310, 400);
  sees(primary(0, 40, 900));
  request_.needs_primary = true;
  expect_serves(asks(41), 1, Reason::k_primary_needed);
}

TEST_F(Anomalies, F4APromotedStandbyGoesOnServingItsReaders) {
  all_at(10, 300);
  read(1, 20);
  promotes(1, 30, 310, 400);
  request_.needs_primary = true;
  expect_serves(asks(41), 1, Reason::k_primary_needed);
}

TEST_F(Anomalies, F5AStandbyPastTheForkServesNobody) {
  all_at(10, 300);
  promotes(1, 30, 310, 400);
  sees(standby(2, 31, 350));
  expect_serves(asks(32, Kind::k_eventual), 1, Reason::k_no_standby);
}

TEST_F(Anomalies, S1AStandbyThatCameBackFurtherBackDoesNotServeItsFormerReader) {
  all_at(10, 219);
  read(1, 20);
  sees(standby(1, 21, 219));
  asks(22);
  sees(restarted(standby(1, 30, 10)));
  expect_serves(asks(31), 2, Reason::k_covers);
}

TEST_F(Anomalies, S3ACutStandbyDoesNotCoverWhatItHasNotReceived) {
  all_at(10, 100);
  wrote(3000);
  sees(primary(0, 3001, 150));
  sees(standby(1, 6000, 100));
  sees(standby(2, 6000, 150));
  expect_serves(asks(6001), 2, Reason::k_covers);
}

}  // namespace
}  // namespace tidemark::routing
