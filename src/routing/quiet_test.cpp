// Reads of tables that nobody has written since.
#include "routing/quiet.h"

#include <vector>

#include "routing/scenario.h"

namespace tidemark::routing {
namespace {

using consistency::Lsn;
using consistency::Session;
using consistency::TableId;
using topology::testing::at;
using topology::testing::on_timeline;
using topology::testing::primary;
using topology::testing::restarted;
using topology::testing::standby;

const std::vector<TableId> k_products{20};

class QuietTest : public Scenario {
 protected:
  QuietTest() { request_.tables = {1, k_products}; }

  void were_written(int ms) { last_.note_write(0, run_of(0), at(ms)); }

  std::optional<Decision> asks_quietly(int ms) {
    const auto view = cluster_.view(at(ms));
    // As the caller has done: decide() settles the session.
    const Decision ordinary = decide(request_, session_, *view, loads_, at(ms));
    return decide_quiet(request_, ordinary, session_, last_, *view, loads_, at(ms));
  }
  void expect_quiet(int ms, consistency::NodeIndex node) {
    const auto decision = asks_quietly(ms);
    ASSERT_TRUE(decision.has_value());
    expect_serves(*decision, node, Reason::k_quiet);
  }

  Session last_;
};

TEST_F(QuietTest, AStandbyWithTheLastWritesServesWhateverTheSessionRequires) {
  all_at(10, 100);
  were_written(5);
  sees(primary(0, 20, 200));
  read(0, 15);
  wrote(15);
  session_.require(1, {150}, {150}, true);
  EXPECT_NE(asks(21).action, Action::k_serve);
  expect_quiet(21, 1);
}

TEST_F(QuietTest, OneWithoutThemDoesNot) {
  all_at(10, 100);
  were_written(15);
  sees(primary(0, 20, 200));
  EXPECT_FALSE(asks_quietly(21).has_value());
  sees(standby(2, 22, 200));
  expect_quiet(23, 2);
}

TEST_F(QuietTest, WritesWhosePositionIsNotKnownAreNotCovered) {
  all_at(10, 100);
  were_written(15);
  EXPECT_FALSE(asks_quietly(16).has_value());
}

TEST_F(QuietTest, P7WhatIsNotFlushedIsNotCovered) {
  all_at(10, 100);
  were_written(15);
  auto sample = primary(0, 20, 200);
  sample.flush = {150};
  sees(sample);
  sees(standby(1, 21, 200));
  EXPECT_FALSE(asks_quietly(22).has_value());
}

TEST_F(QuietTest, TheRulesWordOnNodesHolds) {
  all_at(10, 100);
  were_written(5);
  request_.sources.as_standby = 0b100;
  expect_quiet(11, 2);
  request_.excluded = 0b100;
  EXPECT_FALSE(asks_quietly(11).has_value());
}

TEST_F(QuietTest, WhoMustBeToldOfALossIsNotServed) {
  all_at(10, 100);
  were_written(5);
  session_.note_lost(true, false);
  EXPECT_FALSE(asks_quietly(11).has_value());
  session_.forgive();
  expect_quiet(11, 1);
}

TEST_F(QuietTest, NorWhoseWritesMayBeLost) {
  all_at(10, 100);
  wrote(15);
  sees(restarted(primary(0, 20, 200)));
  last_.note_write(0, run_of(0), at(20));
  sees(standby(1, 21, 200));
  sees(standby(2, 21, 200));
  EXPECT_FALSE(asks_quietly(22).has_value());
  session_.clear();
  expect_quiet(22, 1);
}

TEST_F(QuietTest, NorWhoHasReadOnANodeThatIsGone) {
  all_at(10, 100);
  were_written(5);
  read(2, 15);
  sees(restarted(standby(2, 20, 100)));
  EXPECT_FALSE(asks_quietly(21).has_value());
  sees(primary(0, 22, 100));
  expect_quiet(23, 1);
}

TEST_F(QuietTest, NorWhoRequiresWhatLiesBeyondTheLog) {
  all_at(10, 100);
  were_written(5);
  session_.require(1, {500}, {}, true);
  EXPECT_FALSE(asks_quietly(11).has_value());
}

TEST_F(QuietTest, AfterAPromotionItIsTheNewPrimarysWritesThatCount) {
  all_at(10, 100);
  were_written(15);
  promotes(1, 20, 100, 120);
  sees(on_timeline(standby(2, 21, 110), 2));
  EXPECT_FALSE(asks_quietly(22).has_value()) << "the former primary's last write is lost";
  last_.clear();
  last_.note_write(1, run_of(1), at(20));
  EXPECT_FALSE(asks_quietly(23).has_value());
  sees(on_timeline(standby(2, 24, 120), 2));
  expect_quiet(25, 2);
}

TEST_F(QuietTest, OnlyReadsOfKnownTablesThatAreOwedSomethingByStandbysMayBe) {
  EXPECT_TRUE(may_be_quiet(request_));
  const auto with = [this](auto change) {
    Request request = request_;
    change(request);
    return may_be_quiet(request);
  };
  EXPECT_FALSE(with([](Request& r) { r.needs_primary = true; }));
  EXPECT_FALSE(with([](Request& r) { r.promise = {}; }));
  EXPECT_FALSE(with([](Request& r) { r.tables = {}; }));
  EXPECT_FALSE(with([](Request& r) { r.tables.ids = {}; }));
  static constexpr TableId k_own[] = {20, consistency::k_system_tables};
  EXPECT_FALSE(with([](Request& r) { r.tables.ids = k_own; }));
  EXPECT_FALSE(with([](Request& r) { r.sources.as_standby = 0; }));
  EXPECT_FALSE(with([](Request& r) { r.promise.strong = true; })) << "P2";
  EXPECT_TRUE(with([](Request& r) { r.promise.strong = r.from_standbys = true; }));
}

}  // namespace
}  // namespace tidemark::routing
