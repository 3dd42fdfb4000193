#include "routing/settle.h"

#include "routing/scenario.h"

namespace tidemark::routing {
namespace {

using consistency::Sample;
using consistency::Session;
using topology::testing::at;
using topology::testing::on_timeline;
using topology::testing::primary;
using topology::testing::standby;

class SettleTest : public Scenario {
 protected:
  static Sample of_other_system(Sample sample) {
    sample.system_identifier = 8;
    return sample;
  }
  // Most nodes are copies of something else from now on.
  void all_are_replaced(int ms, std::uint64_t lsn) {
    sees(of_other_system(primary(0, ms, lsn)));
    sees(of_other_system(standby(1, ms, lsn)));
    sees(of_other_system(standby(2, ms, lsn)));
  }
  void settles(int ms) { settle(session_, *cluster_.view(at(ms))); }
};

TEST_F(SettleTest, APositionInTheLogOfAnotherSystemIsLost) {
  all_at(10, 100);
  wrote(11);
  read(1, 11);
  all_at(12, 200);
  settles(13);
  ASSERT_EQ(session_.marks().size(), 2u);
  EXPECT_TRUE(session_.marks()[0].resolved && session_.marks()[1].resolved);
  all_are_replaced(20, 900);
  settles(21);
  EXPECT_TRUE(session_.marks().empty());
  EXPECT_TRUE(session_.lost_writes());
  EXPECT_TRUE(session_.lost_reads());
}

TEST_F(SettleTest, ASessionThatKnewALaterTimelineOfAnotherSystemGoesOn) {
  sees(on_timeline(primary(0, 10, 100), 5));
  cluster_.on_history(5, std::nullopt);
  wrote(11);
  sees(on_timeline(primary(0, 12, 200), 5));
  settles(13);
  EXPECT_EQ(session_.timeline(), 5u);
  sees(of_other_system(primary(0, 20, 900)));
  settles(21);
  EXPECT_TRUE(session_.lost_writes());
  EXPECT_EQ(session_.timeline(), 1u);
  session_.forgive();
  wrote(22);
  sees(of_other_system(primary(0, 23, 950)));
  settles(24);
  ASSERT_EQ(session_.marks().size(), 1u);
  EXPECT_TRUE(session_.marks()[0].resolved);
}

TEST_F(SettleTest, WhatWasReadOnATimelineThatIsAbandonedIsLostAndTheSessionGoesOn) {
  sees(on_timeline(standby(1, 10, 300), 2));
  read(1, 10);
  settles(11);
  EXPECT_EQ(session_.timeline(), 2u);
  ASSERT_TRUE(session_.marks()[0].resolved);
  sees(primary(0, 12, 200));
  settles(13);
  EXPECT_EQ(session_.timeline(), 1u);
  EXPECT_TRUE(session_.lost_reads());
  EXPECT_FALSE(session_.lost_writes());
  session_.forgive();
  wrote(14);
  sees(primary(0, 15, 210));
  settles(16);
  EXPECT_FALSE(session_.lost_writes());
  EXPECT_TRUE(session_.marks()[0].resolved);
}

TEST_F(SettleTest, WhatNothingWasRememberedOfIsNotLost) {
  all_at(10, 100);
  settles(11);
  all_are_replaced(20, 900);
  settles(21);
  EXPECT_TRUE(session_.empty());
}

TEST_F(SettleTest, FloorsOfDifferentSystemsAreNotMixed) {
  Session other;
  other.set_system(8);
  other.require(1, {500}, {500}, true);
  all_at(10, 100);
  settles(11);
  session_.merge(other);
  EXPECT_TRUE(session_.writes().empty());
  EXPECT_TRUE(session_.lost_writes());
  EXPECT_TRUE(session_.lost_reads());
}

}  // namespace
}  // namespace tidemark::routing
