// What is promised beyond the session's own marks, and for which tables.
#include <vector>

#include "routing/router.h"
#include "routing/scenario.h"

namespace tidemark::routing {
namespace {

using consistency::Lsn;
using consistency::TableId;
using consistency::Tables;
using std::chrono::milliseconds;
using topology::testing::at;
using topology::testing::on_timeline;
using topology::testing::primary;
using topology::testing::restarted;
using topology::testing::showing;
using topology::testing::standby;

const std::vector<TableId> k_carts{10};
const std::vector<TableId> k_products{20};
const std::vector<TableId> k_both{10, 20};

class PromisesTest : public Scenario {
 protected:
  static Tables about(const std::vector<TableId>& ids) { return {1, ids}; }

  void wrote_to(const std::vector<TableId>& tables, int ms) {
    session_.note_write(0, run_of(0), at(ms), about(tables));
  }
  Decision reads(const std::vector<TableId>& tables, int ms) {
    request_.tables = about(tables);
    return asks(ms);
  }
  void bounds(int ms) { request_.promise = {.bound = milliseconds(ms)}; }
  void strong_from_standbys() {
    request_.promise = consistency::promise_of({.kind = Kind::k_strong, .bound = {}});
    request_.from_standbys = true;
    request_.otherwise = Otherwise::k_refuse;
  }
};

TEST_F(PromisesTest, AWriteToOneTableDoesNotHoldUpReadsOfAnother) {
  all_at(10, 100);
  wrote_to(k_carts, 20);
  expect_serves(reads(k_products, 21), 1, Reason::k_covers);
  expect_waits(reads(k_carts, 21), Reason::k_wait_for_mark, 0b011);
  expect_waits(reads(k_both, 21), Reason::k_wait_for_mark, 0b011);
}

TEST_F(PromisesTest, WhatTouchesUnknownTablesMindsEveryMark) {
  all_at(10, 100);
  wrote_to(k_carts, 20);
  request_.tables = {};
  expect_waits(asks(21), Reason::k_wait_for_mark, 0b011);
}

TEST_F(PromisesTest, AWriteToUnknownTablesConcernsEveryTable) {
  all_at(10, 100);
  wrote(20);
  expect_waits(reads(k_products, 21), Reason::k_wait_for_mark, 0b011);
}

TEST_F(PromisesTest, TablesOfAnotherCatalogueMayBeAnyTables) {
  all_at(10, 100);
  session_.note_write(0, run_of(0), at(20), {7, k_carts});
  expect_waits(reads(k_products, 21), Reason::k_wait_for_mark, 0b011);
}

TEST_F(PromisesTest, CausalIsAcrossTables) {
  all_at(10, 100);
  wrote_to(k_carts, 20);
  request_.promise = consistency::promise_of({.kind = Kind::k_causal, .bound = {}});
  expect_waits(reads(k_products, 21), Reason::k_wait_for_mark, 0b011);
}

TEST_F(PromisesTest, ABoundIsWhereThePrimaryWasThatLongAgo) {
  all_at(10, 100);
  sees(primary(0, 100, 200));
  sees(standby(2, 101, 150));
  bounds(50);
  expect_serves(asks(60), 1, Reason::k_covers);
  EXPECT_EQ(asks(60).floor, Lsn{100});
  EXPECT_EQ(asks(120).action, Action::k_wait);
  EXPECT_EQ(asks(120).floor, Lsn{200});
  sees(standby(1, 121, 200));
  expect_serves(asks(122), 1, Reason::k_covers);
}

TEST_F(PromisesTest, ABoundThatNoSampleCanShowIsNotKept) {
  all_at(10, 100);
  bounds(50);
  EXPECT_EQ(asks(61).action, Action::k_wait);
  EXPECT_EQ(asks(61).wanted & 1u, 1u);
  cluster_.on_failure(0);
  request_.otherwise = Otherwise::k_refuse;
  expect_refuses(asks(61), Reason::k_not_covered);
  expect_serves(asks(59), 1, Reason::k_covers);
}

TEST_F(PromisesTest, ABoundIsOfTheReadsBeginningHoweverLongItWaits) {
  all_at(10, 100);
  sees(primary(0, 100, 200));
  bounds(50);
  waits_since(120);
  request_.wait_limit = milliseconds(1000);
  sees(primary(0, 200, 300));
  EXPECT_EQ(asks(260).floor, Lsn{200});
}

TEST_F(PromisesTest, ABoundMindsNoMarks) {
  all_at(10, 100);
  wrote(20);
  bounds(50);
  expect_serves(asks(30), 1, Reason::k_covers);
}

TEST_F(PromisesTest, ABoundMindsNoBarrier) {
  all_at(10, 100);
  sees(showing(primary(0, 11, 100), 10, {5}));
  read(1, 20);
  bounds(50);
  request_.needs_primary = true;
  expect_serves(asks(30), 0, Reason::k_primary_needed);
}

TEST_F(PromisesTest, ASampleOfThePrimaryOfAnOlderTimelineShowsNoBound) {
  all_at(10, 100);
  cluster_.on_failure(0);
  promotes(1, 30, 100, 150);
  sees(on_timeline(standby(2, 31, 120), 2));
  bounds(100);
  EXPECT_EQ(asks(40).floor, Lsn{150});
}

TEST_F(PromisesTest, AStrongReadOfStandbysWaitsForASampleTakenAfterItArrived) {
  all_at(10, 100);
  strong_from_standbys();
  expect_waits(asks(20), Reason::k_wait_for_mark, 0b011);
  waits_since(20);
  sees(primary(0, 19, 120));
  EXPECT_EQ(asks(21).action, Action::k_wait);
  sees(primary(0, 21, 150));
  EXPECT_EQ(asks(22).action, Action::k_wait);
  EXPECT_EQ(asks(22).floor, Lsn{150});
  sees(standby(2, 23, 150));
  expect_serves(asks(24), 2, Reason::k_covers);
}

TEST_F(PromisesTest, WhatMustRunOnThePrimaryWaitsUntilItShowsWhatAnyoneSawOnStandbys) {
  all_at(10, 100);
  strong_from_standbys();
  request_.needs_primary = true;
  const auto waiting = asks(20);
  EXPECT_EQ(to_string(waiting.reason), to_string(Reason::k_wait_for_barrier));
  EXPECT_EQ(waiting.wanted, 0b111u);
  waits_since(20);
  sees(standby(1, 21, 100));
  sees(standby(2, 21, 100));
  sees(primary(0, 22, 100));
  expect_serves(asks(23), 0, Reason::k_primary_needed);
}

TEST_F(PromisesTest, ARunThatIsOverLeavesItToAFence) {
  all_at(10, 100);
  strong_from_standbys();
  request_.needs_primary = true;
  waits_since(20);
  sees(restarted(standby(1, 21, 90)));
  sees(standby(2, 21, 100));
  sees(primary(0, 22, 100));
  const auto waiting = asks(23);
  EXPECT_EQ(waiting.action, Action::k_wait);
  EXPECT_TRUE(waiting.nudge);
  auto fenced = primary(0, 25, 110);
  fenced.snapshot = {.xmin = 12, .xmax = 12, .running = {}};
  fenced.fence = {.xid = 11, .sent_at = at(24)};
  sees(fenced);
  expect_serves(asks(26), 0, Reason::k_primary_needed);
}

TEST_F(PromisesTest, OnlyAllowedStandbysServe) {
  all_at(10, 100);
  request_.sources.as_standby = 0b100;
  expect_serves(asks(20), 2, Reason::k_covers);
  request_.promise = {};
  expect_serves(asks(20), 2, Reason::k_any_standby);
  request_.otherwise = Otherwise::k_refuse;
  request_.sources.as_standby = 0b1000;
  expect_refuses(asks(20), Reason::k_none_allowed);
}

TEST_F(PromisesTest, ReadsOfThePrimaryAloneGoThere) {
  all_at(10, 100);
  request_.sources = consistency::k_primary_only;
  expect_serves(asks(20), 0, Reason::k_primary_needed);
  request_.sources.as_primary = 0b010;
  expect_refuses(asks(20), Reason::k_none_allowed);
  request_.needs_primary = true;
  expect_serves(asks(20), 0, Reason::k_primary_needed);
}

TEST_F(PromisesTest, WhatThePrimaryMayNotServeDoesNotFallBackToIt) {
  all_at(10, 100);
  request_.sources = consistency::k_standbys_only;
  cluster_.on_failure(1);
  cluster_.on_failure(2);
  expect_refuses(asks(20), Reason::k_none_allowed);
}

TEST_F(PromisesTest, OtherwiseWaitWaitsHoweverUnlikelyCoverIs) {
  all_at(10, 100);
  sees(primary(0, 1000, 200));
  sees(standby(1, 1500, 100));
  sees(standby(2, 1500, 100));
  sees(primary(0, 1500, 200));
  session_.require(1, {200}, {}, true);
  request_.otherwise = Otherwise::k_refuse;
  expect_refuses(asks(1510), Reason::k_not_covered);
  request_.otherwise = Otherwise::k_wait;
  EXPECT_EQ(asks(1510).action, Action::k_wait);
  waits_since(1510);
  EXPECT_EQ(asks(1559).action, Action::k_wait);
  expect_refuses(asks(1560), Reason::k_not_covered);
}

TEST_F(PromisesTest, ATokenOfATimelineThatIsNotKnownYetWaits) {
  all_at(10, 100);
  session_.require(2, {90}, {}, true);
  EXPECT_EQ(asks(20).action, Action::k_wait);
  request_.needs_primary = true;
  EXPECT_EQ(asks(20).action, Action::k_wait);
}

}  // namespace
}  // namespace tidemark::routing
