// Of the nodes that would do, near ones serve.
#include "routing/quiet.h"
#include "routing/scenario.h"

namespace tidemark::routing {
namespace {

using consistency::Lsn;
using consistency::TableId;
using topology::testing::at;
using topology::testing::primary;
using topology::testing::standby;

// A primary near (node 0) and one standby (1), the other standby (2) 40 ms away.
class DistanceTest : public Scenario {
 protected:
  DistanceTest() { is_away(2, 40); }
};

TEST_F(DistanceTest, TheNearStandbyServesHoweverBusyItIs) {
  all_at(10, 100);
  loads_ = {{0}, {9}, {0}};
  for (request_.rotation = 0; request_.rotation < 4; ++request_.rotation) {
    expect_serves(asks(60), 1, Reason::k_covers);
    expect_serves(asks(60, Kind::k_eventual), 1, Reason::k_any_standby);
    request_.promise = {.writes = true, .reads = true};
  }
}

TEST_F(DistanceTest, StandbysThatAreAboutAsNearTakeTurns) {
  is_away(2, 5);
  all_at(10, 100);
  request_.rotation = 0;
  const auto first = asks(60).node;
  request_.rotation = 1;
  EXPECT_NE(asks(60).node, first);
}

TEST_F(DistanceTest, OneSlowSampleDoesNotMakeANodeFar) {
  is_away(2, 1);
  all_at(10, 100);
  is_away(2, 40);
  all_at(20, 100);
  loads_ = {{0}, {1}, {0}};
  expect_serves(asks(70), 2, Reason::k_covers);
}

TEST_F(DistanceTest, WhoWasServedFarAwayComesBack) {
  all_at(10, 100);
  request_.last_used = 2;
  expect_serves(asks(60), 1, Reason::k_covers);
}

TEST_F(DistanceTest, WhereTheNearOneIsBehindTheFarOneServesBeforeAPrimaryThatIsFarToo) {
  is_away(0, 40);
  all_at(10, 100);
  session_.require(1, {150}, {150}, true);
  sees(primary(0, 300, 200));
  sees(standby(1, 300, 100));
  sees(standby(2, 300, 200));
  sees(standby(1, 600, 100));
  expect_serves(asks(610), 2, Reason::k_covers);
}

TEST_F(DistanceTest, ThePrimaryServesWhereItIsNearAndTheOnlyStandbysThatCoverAreFar) {
  all_at(10, 100);
  session_.require(1, {150}, {150}, true);
  sees(primary(0, 300, 200));
  sees(standby(2, 300, 200));
  sees(standby(1, 600, 100));
  expect_serves(asks(610), 0, Reason::k_primary_nearer);
  request_.excluded = 0b010;
  expect_serves(asks(610, Kind::k_eventual), 0, Reason::k_primary_nearer);
}

TEST_F(DistanceTest, ButNotWhatIsKeptOffThePrimary) {
  all_at(10, 100);
  request_.excluded = 0b010;
  request_.otherwise = Otherwise::k_refuse;
  expect_serves(asks(60), 2, Reason::k_covers);
  expect_serves(asks(60, Kind::k_eventual), 2, Reason::k_any_standby);
  request_.otherwise = Otherwise::k_primary;
  request_.sources.as_primary = 0;
  expect_serves(asks(60, Kind::k_session), 2, Reason::k_covers);
}

TEST_F(DistanceTest, NorWhoHasReadWhatThePrimaryDoesNotShowYet) {
  all_at(10, 100);
  read(2, 20);
  request_.excluded = 0b010;
  expect_serves(asks(60), 2, Reason::k_same_standby);
}

TEST_F(DistanceTest, ANearOneThatWillSoonCoverIsWaitedFor) {
  all_at(10, 100);
  session_.require(1, {150}, {150}, true);
  sees(primary(0, 60, 200));
  sees(standby(2, 60, 200));
  const auto waiting = asks(62);
  EXPECT_EQ(to_string(waiting.reason), to_string(Reason::k_wait_for_cover));
  EXPECT_EQ(waiting.node, 1u);
  EXPECT_LE(waiting.until, at(62 + 80));
  request_.sources.as_primary = 0;
  request_.wait_limit = {};
  expect_serves(asks(62), 2, Reason::k_covers);
}

TEST_F(DistanceTest, QuietTablesAreReadNearWhereTheFarOneCoversInTheOrdinaryWay) {
  static constexpr TableId k_products[] = {20};
  request_.tables = {1, k_products};
  request_.sources.as_primary = 0;
  all_at(10, 100);
  consistency::Session last;
  last.note_write(0, run_of(0), at(5));
  session_.require(1, {150}, {150}, true);
  sees(primary(0, 300, 200));
  sees(standby(2, 300, 200));
  sees(standby(1, 600, 100));
  const auto view = cluster_.view(at(610));
  const Decision ordinary = asks(610);
  expect_serves(ordinary, 2, Reason::k_covers);
  EXPECT_FALSE(is_final(ordinary, *view));
  const auto quiet = decide_quiet(request_, ordinary, session_, last, *view, {}, at(610));
  ASSERT_TRUE(quiet.has_value());
  expect_serves(*quiet, 1, Reason::k_quiet);
}

TEST_F(DistanceTest, NorAreTheyReadFarAwayWhereThePrimaryIsNear) {
  static constexpr TableId k_products[] = {20};
  request_.tables = {1, k_products};
  request_.excluded = 0b010;
  all_at(10, 100);
  consistency::Session last;
  last.note_write(0, run_of(0), at(5));
  const auto view = cluster_.view(at(60));
  const Decision ordinary = asks(60);
  expect_serves(ordinary, 0, Reason::k_primary_nearer);
  EXPECT_FALSE(decide_quiet(request_, ordinary, session_, last, *view, {}, at(60)).has_value());
}

}  // namespace
}  // namespace tidemark::routing
