// Standbys whose timeline is not known for sure (anomalies F3, F5).
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
using Kind = consistency::MarkStatus::Kind;

class BranchTest : public ::testing::Test {
 protected:
  std::shared_ptr<const ClusterView> view() { return cluster_.view(at(10)); }
  void sees(const Sample& sample) { cluster_.on_sample(sample); }
  Admission admission(NodeIndex node) { return view()->node(node).admission; }

  testing::InformedCluster cluster_{{"a:1", "b:2", "c:3"}};
};

TEST_F(BranchTest, F3AStandbyThatMayBeOnAnotherBranchIsNotAdmitted) {
  sees(primary(0, 1, 100));
  sees(at_most(standby(1, 2, 90), 2));
  EXPECT_EQ(admission(1), Admission::k_branch_unknown);
  sees(at_most(standby(1, 3, 90), 1));
  EXPECT_EQ(admission(1), Admission::k_admitted);
  sees(at_most(standby(1, 4, 90), consistency::k_any_timeline));
  EXPECT_EQ(admission(1), Admission::k_branch_unknown);
}

TEST_F(BranchTest, F5ABranchThatMayBeAStandbysMustLeadToTheNewestTimeline) {
  sees(on_timeline(primary(0, 1, 150), 3));
  History history;
  history.add({3, 1, {120}});
  cluster_.on_history(3, history);
  sees(at_most(standby(1, 2, 90), 3));
  EXPECT_EQ(admission(1), Admission::k_branch_unknown) << "2 is not known to lead to 3";
  history.add({3, 2, {120}});
  history.add({2, 1, {80}});
  cluster_.on_history(3, history);
  sees(at_most(standby(1, 3, 80), 3));
  EXPECT_EQ(admission(1), Admission::k_admitted) << "wherever it is, it is before the switches";
  sees(at_most(standby(1, 4, 81), 3));
  EXPECT_EQ(admission(1), Admission::k_branch_unknown);
  sees(on_timeline(standby(1, 5, 125), 3));
  EXPECT_EQ(admission(1), Admission::k_admitted);
  sees(at_most(standby(1, 6, 130), 3));
  EXPECT_EQ(admission(1), Admission::k_admitted) << "it has streamed there, and goes on from it";
}

TEST_F(BranchTest, F3AMarkOnAStandbyThatLeftForAnUnknownBranchIsLost) {
  sees(primary(0, 1, 100));
  sees(standby(1, 1, 90));
  const Mark mark{1, 1, at(2), false};
  sees(at_most(standby(1, 3, 95), 2));
  EXPECT_EQ(view()->status(mark).kind, Kind::k_pending);
  sees(primary(0, 3, 110));
  EXPECT_EQ(view()->status(mark).kind, Kind::k_lost);
  sees(restarted(standby(1, 5, 95)));
  EXPECT_EQ(view()->status(mark).kind, Kind::k_lost);
}

class FollowedTest : public BranchTest {
 protected:
  FollowedTest() {
    sees(primary(0, 1, 100));
    cluster_.on_failure(0);
    // Without a WAL receiver one more record may have been shown than is reported.
    for (const NodeIndex node : {1U, 2U}) {
      Sample sample = standby(node, 3, 120);
      sample.reached = {121};
      sees(sample);
    }
    sees(on_timeline(primary(1, 4, 130), 2));
    History history;
    history.add({2, 1, {120}});
    cluster_.on_history(2, history);
  }
};

TEST_F(FollowedTest, WhatAStandbyShowedBeforeItsPromotionIsNotLostByIt) {
  const auto status = view()->status({1, 1, at(2), false});
  EXPECT_EQ(status.kind, Kind::k_resolved);
  EXPECT_EQ(status.position, (consistency::Position{2, {120}}));
}

TEST_F(FollowedTest, WhoFollowsInTheSameRunHasShownNothingThatIsLost) {
  const Mark mark{2, 1, at(2), false};
  EXPECT_EQ(view()->status(mark).kind, Kind::k_lost) << "it may be on a branch of its own";
  sees(on_timeline(standby(2, 5, 125), 2));
  EXPECT_EQ(view()->status(mark).kind, Kind::k_resolved);
  EXPECT_EQ(view()->status(mark).position, (consistency::Position{2, {120}}));
  sees(restarted(standby(2, 6, 125)));
  EXPECT_EQ(view()->status(mark).kind, Kind::k_resolved) << "that run had followed";
}

TEST_F(FollowedTest, OfARunThatHadNotFollowedTheBoundStands) {
  const Mark mark{2, 1, at(2), false};
  sees(on_timeline(restarted(standby(2, 5, 125)), 2));
  EXPECT_EQ(view()->status(mark).kind, Kind::k_lost);
}

}  // namespace
}  // namespace tidemark::topology
