// Two timelines of one number: standbys promoted apart from each other (anomalies F2, F5).
#include <gtest/gtest.h>

#include "topology/cluster.h"
#include "topology/samples.h"

namespace tidemark::topology {
namespace {

using consistency::History;
using consistency::k_no_node;
using consistency::Mark;
using consistency::NodeIndex;
using consistency::Sample;
using testing::at_most;
using testing::on_timeline;
using testing::primary;
using testing::restarted;
using testing::standby;
using Kind = consistency::MarkStatus::Kind;

class SameNumberTest : public ::testing::Test {
 protected:
  void sees(const Sample& sample) {
    cluster_.on_sample(sample);
    now_ = sample.received_at;
  }
  void sees_second(const Sample& sample) { sees(on_timeline(sample, 2)); }

  // What a node says of where timeline 2 left the first.
  void tells(NodeIndex node, std::uint64_t switch_point) {
    History history;
    history.add({2, 1, {switch_point}});
    cluster_.on_history(node, 2, history);
  }

  std::shared_ptr<const ClusterView> view() { return cluster_.view(now_); }
  Admission admission(NodeIndex node) { return view()->node(node).admission; }
  NodeIndex primary_of_view() { return view()->primary(); }
  NodeIndex asked() {
    const auto wish = cluster_.wants_history();
    return wish ? wish->node : k_no_node;
  }

  Cluster cluster_{{"a:1", "b:2", "c:3"}};
  Instant now_{};
};

TEST_F(SameNumberTest, F5AStandbyIsAdmittedOnceItsOwnHistorySaysTheSameAsThePrimarys) {
  sees_second(primary(0, 1, 200));
  sees_second(standby(1, 2, 190));
  sees_second(standby(2, 3, 190));
  EXPECT_EQ(asked(), 0u);
  EXPECT_EQ(admission(1), Admission::k_history_unknown);
  tells(0, 100);
  EXPECT_EQ(asked(), 1u);
  EXPECT_EQ(admission(1), Admission::k_history_unknown);
  tells(1, 100);
  EXPECT_EQ(admission(1), Admission::k_admitted);
  EXPECT_EQ(asked(), 2u);
  tells(2, 90);
  EXPECT_EQ(admission(2), Admission::k_other_branch);
  EXPECT_EQ(asked(), k_no_node);
}

TEST_F(SameNumberTest, F5AnotherRunHasToTellAgain) {
  sees_second(primary(0, 1, 200));
  tells(0, 100);
  sees_second(standby(1, 2, 190));
  tells(1, 100);
  sees_second(restarted(standby(1, 3, 190)));
  EXPECT_EQ(admission(1), Admission::k_history_unknown);
  EXPECT_EQ(asked(), 1u);
}

TEST_F(SameNumberTest, F5AStandbyThatMayBeOnTheOtherOneIsHeldAgainstTheHistoryToo) {
  sees_second(primary(0, 1, 200));
  tells(0, 100);
  sees(at_most(standby(1, 2, 95), 2));
  EXPECT_EQ(asked(), 1u);
  EXPECT_EQ(admission(1), Admission::k_history_unknown);
  tells(1, 90);
  EXPECT_EQ(admission(1), Admission::k_other_branch) << "its log may have parted at 90";
}

TEST_F(SameNumberTest, F5AStandbyOnAnOlderTimelineIsHeldAgainstWhatIsKnownOfThat) {
  History history;
  history.add({2, 1, {100}});
  history.add({3, 2, {300}});
  sees(on_timeline(primary(0, 1, 400), 3));
  cluster_.on_history(0, 3, history);
  sees_second(standby(1, 2, 190));
  tells(1, 90);
  EXPECT_EQ(admission(1), Admission::k_other_branch);
  tells(1, 100);
  EXPECT_EQ(admission(1), Admission::k_admitted);
}

TEST_F(SameNumberTest, F5WhereThePrimarysHistoryCannotBeHadThereIsNothingToHoldAStandbyAgainst) {
  sees_second(primary(0, 1, 200));
  cluster_.on_history(0, 2, std::nullopt);
  sees_second(standby(1, 2, 190));
  EXPECT_EQ(admission(1), Admission::k_admitted);
  EXPECT_EQ(asked(), k_no_node);
}

TEST_F(SameNumberTest, F5AStandbyWhoseHistoryCannotBeHadIsAskedAgainAfterTheOthers) {
  sees_second(primary(0, 1, 200));
  tells(0, 100);
  sees_second(standby(1, 2, 190));
  cluster_.on_history(1, 2, std::nullopt);
  EXPECT_EQ(admission(1), Admission::k_history_unknown);
  EXPECT_EQ(asked(), 1u);
  sees_second(standby(2, 3, 190));
  EXPECT_EQ(asked(), 2u);
}

TEST_F(SameNumberTest, F5WithoutAPrimaryStandbysThatContradictEachOtherAreBothLeftOut) {
  sees_second(standby(1, 1, 190));
  tells(1, 100);
  EXPECT_EQ(admission(1), Admission::k_admitted);
  sees_second(standby(2, 2, 190));
  tells(2, 90);
  EXPECT_EQ(admission(1), Admission::k_other_branch);
  EXPECT_EQ(admission(2), Admission::k_other_branch);
}

TEST_F(SameNumberTest, F2WhoWasAloneWithATimelineStaysItsPrimary) {
  sees(standby(0, 1, 100));
  sees_second(primary(1, 2, 200));
  sees(standby(0, 3, 100));
  cluster_.on_failure(2);
  sees_second(primary(0, 4, 300));
  EXPECT_EQ(primary_of_view(), 1u);
  EXPECT_EQ(admission(0), Admission::k_second_primary);
  cluster_.on_failure(1);
  sees_second(primary(0, 5, 310));
  EXPECT_FALSE(view()->has_primary()) << "who wrote beside it never takes its place";
  sees_second(restarted(primary(1, 6, 200)));
  EXPECT_EQ(primary_of_view(), 1u);
  sees(restarted(restarted(standby(1, 7, 90))));
  EXPECT_EQ(primary_of_view(), 0u) << "somebody has decided";
}

TEST_F(SameNumberTest, F2WhereNobodyWasAloneNobodyIsThePrimary) {
  sees_second(primary(0, 1, 300));
  sees_second(primary(1, 2, 200));
  cluster_.on_failure(2);
  EXPECT_FALSE(view()->has_primary());
  EXPECT_EQ(admission(0), Admission::k_contested);
  EXPECT_EQ(admission(1), Admission::k_contested);
  cluster_.on_failure(1);
  EXPECT_FALSE(view()->has_primary()) << "it may be the right one, and come back";
  sees(restarted(standby(1, 3, 100)));
  EXPECT_EQ(primary_of_view(), 0u);
}

TEST_F(SameNumberTest, F2WhicheverOfTheTwoWasSeenFirstMayBecomeTheStandby) {
  sees_second(primary(0, 1, 300));
  sees_second(primary(1, 2, 200));
  cluster_.on_failure(2);
  sees(restarted(standby(0, 3, 100)));
  cluster_.on_failure(2);
  EXPECT_EQ(primary_of_view(), 1u);
}

TEST_F(SameNumberTest, F2ANewerTimelineEndsTheDispute) {
  sees_second(primary(0, 1, 300));
  sees_second(primary(1, 2, 200));
  sees(on_timeline(primary(1, 3, 400), 3));
  EXPECT_EQ(primary_of_view(), 1u);
  EXPECT_EQ(admission(0), Admission::k_older_timeline);
}

TEST_F(SameNumberTest, OneServerByTwoAddressesIsNotTwo) {
  Sample again = primary(1, 2, 200);
  again.postmaster_started_us = primary(0, 1, 200).postmaster_started_us;
  sees(primary(0, 1, 200));
  sees(again);
  EXPECT_EQ(primary_of_view(), 0u);
  cluster_.on_failure(0);
  EXPECT_EQ(primary_of_view(), 1u);
}

class TakenOverTest : public SameNumberTest {
 protected:
  // Node 0 writes timeline 2, and is gone; node 1, which never followed it, begins its own.
  TakenOverTest() {
    sees_second(primary(0, 1, 200));
    tells(0, 100);
    sees(restarted(standby(1, 2, 90)));
    sees_second(standby(2, 3, 190));
    tells(2, 100);
    before_ = view();
    cluster_.on_failure(0);
    sees_second(restarted(primary(1, 4, 300)));
  }
  std::shared_ptr<const ClusterView> before_;
};

TEST_F(TakenOverTest, F1WhatWasLearnedBeforeIsLost) {
  EXPECT_EQ(primary_of_view(), 1u);
  EXPECT_EQ(view()->timeline(), 2u);
  EXPECT_EQ(view()->status({0, 1, testing::at(0), true}).kind, Kind::k_lost);
  EXPECT_NE(view()->system_identifier(), before_->system_identifier());
}

TEST_F(TakenOverTest, F5WhoFollowedTheFormerWriterIsToldByItsHistory) {
  tells(1, 90);
  EXPECT_EQ(admission(2), Admission::k_other_branch);
}

TEST_F(TakenOverTest, F5WhereHistoriesSayTheSameOnlyWhatLiesBeforeIsServed) {
  tells(1, 100);
  EXPECT_EQ(admission(2), Admission::k_disputed);
  sees_second(restarted(standby(2, 5, 100)));
  tells(2, 100);
  EXPECT_EQ(admission(2), Admission::k_admitted);
}

TEST_F(TakenOverTest, F2TheFormerWriterDoesNotComeBack) {
  sees_second(primary(0, 5, 400));
  EXPECT_FALSE(view()->has_primary());
  EXPECT_EQ(admission(0), Admission::k_contested);
  sees(restarted(standby(0, 6, 80)));
  EXPECT_EQ(primary_of_view(), 1u);
}

}  // namespace
}  // namespace tidemark::topology
