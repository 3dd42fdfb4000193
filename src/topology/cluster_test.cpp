#include "topology/cluster.h"

#include <gtest/gtest.h>

#include "topology/informed.h"
#include "topology/samples.h"

namespace tidemark::topology {
namespace {

using consistency::History;
using consistency::Lsn;
using consistency::Mark;
using consistency::MarkStatus;
using consistency::NodeIndex;
using consistency::Sample;
using testing::at;
using testing::on_timeline;
using testing::primary;
using testing::restarted;
using testing::standby;
using Kind = MarkStatus::Kind;

class ClusterTest : public ::testing::Test {
 protected:
  std::shared_ptr<const ClusterView> view(int ms = 0) {
    return cluster_.view(at(std::max(ms, now_)));
  }

  void sees(const Sample& sample) {
    cluster_.on_sample(sample);
    now_ = std::max<int>(now_, static_cast<int>(sample.received_at.time_since_epoch() /
                                                std::chrono::milliseconds(1)));
  }

  Admission admission(NodeIndex node, int ms = 0) { return view(ms)->node(node).admission; }

  void promotes(NodeIndex node, int ms, std::uint64_t switch_point, std::uint64_t lsn) {
    sees(on_timeline(primary(node, ms, lsn), 2));
    History history;
    history.add({2, 1, {switch_point}});
    cluster_.on_history(2, history);
  }

  testing::InformedCluster cluster_{{"a:1", "b:2", "c:3"}};
  int now_ = 0;
};

TEST_F(ClusterTest, NothingIsAdmittedBeforeItIsSampled) {
  EXPECT_EQ(admission(0), Admission::k_never_sampled);
  EXPECT_FALSE(view()->has_primary());
}

TEST_F(ClusterTest, RolesAreDiscovered) {
  sees(standby(0, 1, 90));
  sees(primary(1, 2, 100));
  EXPECT_EQ(view()->primary(), 1u);
  EXPECT_EQ(admission(0), Admission::k_admitted);
  EXPECT_EQ(admission(1), Admission::k_admitted);
  EXPECT_EQ(admission(2), Admission::k_never_sampled);
}

TEST_F(ClusterTest, ANodeThatFailsIsOutUntilItsNextSample) {
  sees(primary(0, 1, 100));
  sees(standby(1, 1, 100));
  cluster_.on_failure(0);
  EXPECT_FALSE(view()->has_primary());
  EXPECT_EQ(admission(0), Admission::k_unreachable);
  EXPECT_EQ(admission(1), Admission::k_admitted);
  sees(primary(0, 10, 100));
  EXPECT_EQ(view()->primary(), 0u);
  EXPECT_EQ(view()->node(0).incarnation, 1u);
}

TEST_F(ClusterTest, ANodeWithoutRecentSamplesIsNotAdmitted) {
  sees(primary(0, 1, 100));
  EXPECT_EQ(admission(0, 2001), Admission::k_admitted);
  EXPECT_EQ(admission(0, 2002), Admission::k_stale);
  EXPECT_FALSE(view(2002)->has_primary());
}

TEST_F(ClusterTest, ACopyOfAnotherSystemIsNeverAdmitted) {
  Sample stranger = standby(2, 1, 100);
  stranger.system_identifier = 8;
  sees(stranger);
  sees(primary(0, 2, 100));
  sees(standby(1, 3, 100));
  EXPECT_EQ(admission(2), Admission::k_other_system);
  EXPECT_EQ(admission(1), Admission::k_admitted);
  EXPECT_EQ(view()->primary(), 0u);
}

TEST_F(ClusterTest, ARestartIsANewIncarnation) {
  sees(standby(1, 1, 100));
  sees(restarted(standby(1, 2, 100)));
  EXPECT_EQ(view()->node(1).incarnation, 2u);
}

TEST_F(ClusterTest, ACrashIsANewIncarnationAlthoughThePostmasterGoesOn) {
  sees(primary(0, 1, 100));
  Sample after = primary(0, 2, 100);
  after.connection = 2;
  sees(after);
  EXPECT_EQ(view()->node(0).incarnation, 1u);
  after.sent_at = at(3);
  after.checkpointer_started_us = 2;
  sees(after);
  EXPECT_EQ(view()->node(0).incarnation, 2u);
}

TEST_F(ClusterTest, WithoutTheCheckpointersAgeEveryConnectionIsANewIncarnation) {
  Sample blind = primary(0, 1, 100);
  blind.checkpointer_started_us = 0;
  sees(blind);
  blind.sent_at = at(2);
  sees(blind);
  EXPECT_EQ(view()->node(0).incarnation, 1u);
  blind.sent_at = at(3);
  blind.connection = 2;
  sees(blind);
  EXPECT_EQ(view()->node(0).incarnation, 2u);
}

TEST_F(ClusterTest, S1AStandbyThatIsFurtherBackIsANewIncarnation) {
  sees(standby(1, 1, 219));
  sees(standby(1, 2, 10));
  EXPECT_EQ(view()->node(1).incarnation, 2u);
  EXPECT_EQ(view()->node(1).applied, Lsn{10});
}

TEST_F(ClusterTest, APromotionGoesOnWithTheIncarnation) {
  sees(standby(1, 1, 100));
  promotes(1, 2, 100, 110);
  EXPECT_EQ(view()->node(1).incarnation, 1u);
  EXPECT_EQ(view()->primary(), 1u);
}

TEST_F(ClusterTest, AServerConnectionBelongsToTheFirstSampleSentAfterIt) {
  sees(standby(1, 10, 100));
  EXPECT_EQ(view()->incarnation_of_connection(1, at(10)), 1u);
  EXPECT_EQ(view()->incarnation_of_connection(1, at(11)), 0u);
  sees(restarted(standby(1, 20, 100)));
  EXPECT_EQ(view()->incarnation_of_connection(1, at(5)), 1u);
  EXPECT_EQ(view()->incarnation_of_connection(1, at(15)), 2u);
}

TEST_F(ClusterTest, F2TheHighestTimelineIsThePrimaryNotTheHighestPosition) {
  sees(primary(0, 1, 900));
  sees(standby(2, 1, 100));
  promotes(1, 2, 120, 150);
  sees(primary(0, 3, 950));
  EXPECT_EQ(view()->primary(), 1u);
  EXPECT_EQ(admission(0), Admission::k_older_timeline);
}

TEST_F(ClusterTest, F2AFormerPrimaryIsNotTakenBackWhileTheNewOneIsAway) {
  sees(primary(0, 1, 900));
  promotes(1, 2, 120, 150);
  cluster_.on_failure(1);
  sees(primary(0, 3, 950));
  EXPECT_FALSE(view()->has_primary());
}

TEST_F(ClusterTest, F5AStandbyBeyondTheSwitchPointIsNotAdmitted) {
  sees(primary(0, 1, 100));
  promotes(1, 2, 120, 150);
  sees(standby(2, 3, 120));
  EXPECT_EQ(admission(2), Admission::k_admitted);
  sees(standby(2, 4, 121));
  EXPECT_EQ(admission(2), Admission::k_beyond_switch);
}

TEST_F(ClusterTest, AStandbyOfAnOlderTimelineWaitsForTheHistory) {
  sees(on_timeline(primary(1, 2, 150), 2));
  sees(standby(2, 3, 100));
  EXPECT_EQ(cluster_.wants_history().value().timeline, 2u);
  EXPECT_EQ(admission(2), Admission::k_history_unknown);
  cluster_.on_history(2, std::nullopt);
  EXPECT_FALSE(cluster_.wants_history());
  EXPECT_EQ(admission(2), Admission::k_history_unknown);
}

TEST_F(ClusterTest, TheTimelineOfAStandbyNeverGoesBack) {
  promotes(1, 2, 120, 150);
  sees(on_timeline(standby(2, 3, 140), 2));
  sees(standby(2, 4, 145));
  EXPECT_EQ(admission(2), Admission::k_admitted);
}

TEST_F(ClusterTest, AMarkIsResolvedByTheFirstSampleSentAfterIt) {
  sees(primary(0, 10, 100));
  const Mark mark{0, 1, at(15), true};
  EXPECT_EQ(view()->status(mark).kind, Kind::k_pending);
  EXPECT_EQ(view()->status(mark).wanted, consistency::node_bit(0));
  sees(primary(0, 20, 150));
  sees(primary(0, 30, 200));
  const auto status = view()->status(mark);
  EXPECT_EQ(status.kind, Kind::k_resolved);
  EXPECT_EQ(status.position.lsn, Lsn{150});
  EXPECT_TRUE(status.durable);
}

TEST_F(ClusterTest, P5AMarkOnThePrimaryIsBoundedByInsertNotFlush) {
  Sample behind = primary(0, 20, 150);
  behind.flush = {120};
  sees(behind);
  const auto status = view()->status({0, 1, at(15), true});
  EXPECT_EQ(status.position.lsn, Lsn{150});
  EXPECT_FALSE(status.durable);
}

TEST_F(ClusterTest, F1AMarkBeyondTheSwitchPointIsLostThoughItsLsnIsPassed) {
  sees(primary(0, 10, 300));
  sees(primary(0, 20, 320));
  promotes(1, 30, 310, 400);
  EXPECT_EQ(view()->status({0, 1, at(5), true}).kind, Kind::k_resolved);
  EXPECT_EQ(view()->status({0, 1, at(15), true}).kind, Kind::k_lost);
  EXPECT_EQ(view()->survival({1, {310}}), Kind::k_resolved);
  EXPECT_EQ(view()->survival({1, {311}}), Kind::k_lost);
}

TEST_F(ClusterTest, AMarkOnAPrimaryThatIsGoneUnsampledIsLost) {
  sees(primary(0, 10, 300));
  cluster_.on_failure(0);
  EXPECT_EQ(view()->status({0, 1, at(15), true}).kind, Kind::k_pending);
  promotes(1, 30, 400, 410);
  EXPECT_EQ(view()->status({0, 1, at(15), true}).kind, Kind::k_lost);
}

TEST_F(ClusterTest, P7AfterACrashOnlyWhatWasSeenFlushedIsSafe) {
  Sample before = primary(0, 10, 150);
  before.flush = {120};
  sees(primary(0, 5, 110));
  sees(before);
  EXPECT_EQ(view()->durability({0, 1, at(8), true}, {150}), Kind::k_pending);
  sees(restarted(primary(0, 20, 500)));
  EXPECT_EQ(view()->status({0, 1, at(8), true}).kind, Kind::k_lost);
  EXPECT_EQ(view()->durability({0, 1, at(8), true}, {150}), Kind::k_lost);
  EXPECT_EQ(view()->status({0, 1, at(4), true}).kind, Kind::k_resolved);
  EXPECT_EQ(view()->durability({0, 1, at(4), true}, {110}), Kind::k_resolved);
}

TEST_F(ClusterTest, AMarkOnAVanishedStandbyIsBoundedByThePrimary) {
  sees(primary(0, 10, 100));
  sees(standby(1, 10, 90));
  cluster_.on_failure(1);
  const Mark mark{1, 1, at(15)};
  EXPECT_EQ(view()->status(mark).wanted, consistency::node_bit(0));
  sees(primary(0, 20, 150));
  EXPECT_EQ(view()->status(mark).position.lsn, Lsn{150});
}

TEST_F(ClusterTest, AMarkOnAStandbyThatVanishedBeforeAFailoverIsLost) {
  sees(primary(0, 10, 100));
  sees(standby(2, 10, 90));
  cluster_.on_failure(2);
  promotes(1, 30, 95, 150);
  EXPECT_EQ(view()->status({2, 1, at(15)}).kind, Kind::k_lost);
}

TEST_F(ClusterTest, P4TheBarrierRisesOncePrimaryShowsAll) {
  sees(testing::showing(primary(0, 10, 100), 21, {20}));
  sees(testing::showing(standby(1, 11, 100), 21, {}));
  EXPECT_FALSE(view()->primary_shows(Mark{1, 1, at(11)}));
  sees(testing::showing(primary(0, 20, 100), 21, {}));
  EXPECT_TRUE(view()->primary_shows(Mark{1, 1, at(11)}));
  EXPECT_FALSE(view()->primary_shows(Mark{1, 1, at(12)}));
  EXPECT_TRUE(view()->primary_shows(Lsn{100}));
  EXPECT_FALSE(view()->primary_shows(Lsn{101}));
}

TEST_F(ClusterTest, AFenceOpensTheBarrierForEveryEarlierMark) {
  Sample fenced = testing::showing(primary(0, 20, 100), 21, {});
  fenced.fence = {20, at(15)};
  sees(fenced);
  EXPECT_TRUE(view()->primary_shows(Mark{1, 1, at(15)}));
  EXPECT_FALSE(view()->primary_shows(Mark{1, 1, at(16)}));
}

TEST_F(ClusterTest, ANewTimelineClosesTheBarrierButForWhatItBeganWith) {
  sees(primary(0, 10, 100));
  sees(standby(2, 10, 100));
  EXPECT_TRUE(view()->primary_shows(Mark{2, 1, at(10)}));
  promotes(1, 20, 80, 150);
  EXPECT_FALSE(view()->primary_shows(Mark{2, 1, at(10)}));
  EXPECT_TRUE(view()->primary_shows(Lsn{80}));
  EXPECT_FALSE(view()->primary_shows(Lsn{81}));
}

TEST_F(ClusterTest, S3LagIsZeroOnAnIdlePrimary) {
  sees(primary(0, 10, 100));
  sees(standby(1, 10, 100));
  EXPECT_EQ(view(5000)->node(1).lag, Duration(0));
}

TEST_F(ClusterTest, S3LagGrowsOnAStandbyThatWasCutOff) {
  sees(primary(0, 10, 100));
  sees(standby(1, 10, 100));
  sees(primary(0, 20, 200));
  sees(standby(1, 1000, 100));
  EXPECT_EQ(view(1020)->node(1).lag, std::chrono::milliseconds(1000));
}

TEST_F(ClusterTest, AStandbyThatStandsStillIsNotExpectedToArrive) {
  sees(primary(0, 10, 100));
  sees(standby(1, 10, 100));
  sees(primary(0, 20, 200));
  sees(standby(1, 25, 100));
  EXPECT_TRUE(view()->time_to_reach(1, {200}, at(25)));
  sees(standby(1, 500, 100));
  EXPECT_FALSE(view()->time_to_reach(1, {200}, at(500)));
}

TEST_F(ClusterTest, AStandbyIsExpectedToBeAsLateAsItWas) {
  for (int ms = 10; ms < 1000; ms += 10) {
    const auto lsn = static_cast<std::uint64_t>(ms);
    sees(primary(0, ms, lsn));
    if (ms > 20) sees(standby(1, ms, lsn - 20));
  }
  const auto late = view()->time_to_reach(1, {990}, at(990));
  ASSERT_TRUE(late);
  EXPECT_NEAR(static_cast<double>(late->count()), 20e6, 1e6);
}

TEST_F(ClusterTest, AViewDoesNotChange) {
  sees(primary(0, 10, 100));
  const auto before = view();
  sees(primary(0, 20, 200));
  EXPECT_EQ(before->node(0).applied, Lsn{100});
  EXPECT_EQ(before->node(0).trail->last().upper.lsn, Lsn{100});
  EXPECT_LT(before->version(), view()->version());
}

TEST_F(ClusterTest, WhatIsRememberedOfFormerRunsIsBounded) {
  Sample sample = standby(1, 1, 100);
  for (int i = 0; i < 200; ++i) {
    sample = restarted(sample);
    sample.sent_at += std::chrono::milliseconds(1);
    sees(sample);
  }
  EXPECT_EQ(view()->status({1, 1, at(0)}).kind, Kind::k_lost);
  EXPECT_NE(view()->status({1, 190, at(0)}).kind, Kind::k_lost);
}

TEST_F(ClusterTest, AFenceShowsWhatHadBeenWrittenBeforeItWasSent) {
  sees(primary(0, 10, 100));
  sees(primary(0, 20, 200));
  EXPECT_FALSE(view(21)->primary_shows(consistency::Lsn{100}));
  auto fenced = primary(0, 23, 300);
  fenced.snapshot = {.xmin = 12, .xmax = 12, .running = {}};
  fenced.fence = {.xid = 11, .sent_at = at(20)};
  sees(fenced);
  // The answer with 200 was not here yet when the fence was sent.
  EXPECT_TRUE(view(24)->primary_shows(consistency::Lsn{100}));
  EXPECT_FALSE(view(24)->primary_shows(consistency::Lsn{101}));
}

}  // namespace
}  // namespace tidemark::topology
