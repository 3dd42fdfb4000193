// Which timeline is the origin's, where nodes are on several (anomalies F1, F2).
#include <gtest/gtest.h>

#include "topology/informed.h"
#include "topology/samples.h"

namespace tidemark::topology {
namespace {

using consistency::History;
using consistency::Mark;
using consistency::NodeIndex;
using consistency::Sample;
using testing::at;
using testing::at_most;
using testing::on_timeline;
using testing::primary;
using testing::restarted;
using testing::standby;
using testing::streaming;
using Kind = consistency::MarkStatus::Kind;

constexpr int k_claim_ms = 30000;

class TimelineTest : public ::testing::Test {
 protected:
  TimelineTest() {
    History history;
    history.add({2, 1, {100}});
    cluster_.on_history(2, history);
  }
  void sees(const Sample& sample) {
    cluster_.on_sample(sample);
    now_ = sample.received_at;
  }
  std::shared_ptr<const ClusterView> view() { return cluster_.view(now_); }
  Admission admission(NodeIndex node) { return view()->node(node).admission; }
  NodeIndex primary_of_view() { return view()->primary(); }

  testing::InformedCluster cluster_{{"a:1", "b:2", "c:3"}};
  Instant now_{};
};

TEST_F(TimelineTest, AStandbyLeftOnTheTimelineOfAMistakenPromotionDoesNotTakeThePrimaryAway) {
  sees(primary(0, 1, 100));
  sees(standby(1, 2, 100));
  sees(on_timeline(standby(2, 3, 110), 2));
  EXPECT_EQ(primary_of_view(), 0u);
  EXPECT_EQ(admission(1), Admission::k_admitted);
  EXPECT_EQ(admission(2), Admission::k_unwritten_timeline);
}

TEST_F(TimelineTest, SoItIsWhoeverIsSeenFirst) {
  sees(on_timeline(standby(2, 1, 110), 2));
  EXPECT_EQ(admission(2), Admission::k_admitted) << "nothing else is known yet";
  sees(standby(1, 2, 100));
  sees(primary(0, 3, 100));
  EXPECT_EQ(primary_of_view(), 0u);
  EXPECT_EQ(view()->timeline(), 1u);
  EXPECT_EQ(admission(1), Admission::k_admitted);
  EXPECT_EQ(admission(2), Admission::k_unwritten_timeline);
}

TEST_F(TimelineTest, APrimaryThatIsAwayForAWhileIsTakenBack) {
  sees(primary(0, 1, 100));
  sees(on_timeline(standby(2, 3, 110), 2));
  cluster_.on_failure(0);
  sees(on_timeline(standby(2, 4, 110), 2));
  EXPECT_EQ(view()->timeline(), 1u);
  sees(restarted(primary(0, 5, 100)));
  EXPECT_EQ(primary_of_view(), 0u);
}

TEST_F(TimelineTest, F2WhileSomebodyFeedsAStandbyOfANewerTimelineTheOlderIsNotWritten) {
  sees(primary(0, 1, 100));
  sees(on_timeline(streaming(standby(2, 2, 110)), 2));
  sees(primary(0, 3, 120));
  EXPECT_FALSE(view()->has_primary());
  EXPECT_EQ(admission(0), Admission::k_in_doubt);
  EXPECT_EQ(admission(2), Admission::k_admitted);
  sees(on_timeline(primary(1, 4, 130), 2));
  EXPECT_EQ(primary_of_view(), 1u);
  EXPECT_EQ(admission(0), Admission::k_older_timeline);
}

TEST_F(TimelineTest, F2TheDoubtLastsLongerThanAPrimaryTakesToRestart) {
  sees(primary(0, 1, 100));
  sees(on_timeline(streaming(standby(2, 2, 110)), 2));
  sees(on_timeline(standby(2, 3, 110), 2));
  sees(primary(0, 2 + k_claim_ms, 120));
  EXPECT_EQ(admission(0), Admission::k_in_doubt);
  sees(primary(0, 3 + k_claim_ms, 120));
  EXPECT_EQ(primary_of_view(), 0u);
}

TEST_F(TimelineTest, F2WhoCameToANewerTimelineOrGetsOnWithItWasFedToo) {
  sees(primary(0, 1, 100));
  sees(standby(2, 1, 100));
  sees(on_timeline(standby(2, 2, 100), 2));
  sees(primary(0, 1000, 120));
  EXPECT_EQ(admission(0), Admission::k_in_doubt);
  sees(on_timeline(standby(2, 2000, 105), 2));
  sees(primary(0, 2000 + k_claim_ms, 120));
  EXPECT_EQ(admission(0), Admission::k_in_doubt);
  sees(primary(0, 2001 + k_claim_ms, 120));
  EXPECT_EQ(primary_of_view(), 0u);
}

TEST_F(TimelineTest, F2ATimelineThatHasBeenWrittenStays) {
  sees(primary(0, 1, 100));
  sees(on_timeline(primary(1, 2, 110), 2));
  cluster_.on_failure(1);
  sees(primary(0, 3 + 2 * k_claim_ms, 120));
  EXPECT_FALSE(view()->has_primary());
  EXPECT_EQ(admission(0), Admission::k_older_timeline);
}

TEST_F(TimelineTest, AStandbyThatMayBeOnTheNewerTimelineIsNotAdmitted) {
  sees(primary(0, 1, 100));
  sees(at_most(standby(2, 2, 90), 2));
  EXPECT_EQ(primary_of_view(), 0u);
  EXPECT_EQ(admission(2), Admission::k_branch_unknown);
}

TEST_F(TimelineTest, WhatWasReadOnAnAbandonedTimelineIsLost) {
  sees(on_timeline(standby(2, 1, 110), 2));
  const Mark mark{2, 1, at(0)};
  EXPECT_EQ(view()->status(mark).kind, Kind::k_resolved);
  sees(primary(0, 3, 100));
  EXPECT_TRUE(view()->is_abandoned(2));
  EXPECT_EQ(view()->status(mark).kind, Kind::k_lost);
  EXPECT_EQ(view()->survival({2, {50}}), Kind::k_lost);
  cluster_.on_failure(0);
  EXPECT_EQ(view()->survival({2, {50}}), Kind::k_lost);
  sees(on_timeline(primary(1, 4, 130), 2));
  EXPECT_FALSE(view()->is_abandoned(2));
  EXPECT_EQ(view()->status(mark).kind, Kind::k_resolved);
}

}  // namespace
}  // namespace tidemark::topology
