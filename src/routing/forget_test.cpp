#include "routing/forget.h"

#include "routing/scenario.h"
#include "routing/settle.h"

namespace tidemark::routing {
namespace {

using consistency::Lsn;
using consistency::Position;
using topology::testing::on_timeline;
using topology::testing::primary;
using topology::testing::showing;
using topology::testing::standby;

class Forget : public Scenario {
 protected:
  std::optional<Position> floor(int ms = 100) {
    const auto view = cluster_.view(topology::testing::at(ms));
    settle(session_, *view);
    return floor_to_forget(session_, *view);
  }
};

constexpr Position at(std::uint64_t lsn, consistency::Timeline timeline = 1) {
  return {timeline, {lsn}};
}

TEST_F(Forget, WhatEveryStandbyHasNeedNotBeRemembered) {
  all_at(0, 100);
  wrote(1);
  read(0, 1);
  read(1, 2);
  all_at(10, 150);
  EXPECT_EQ(floor(), at(150));
}

TEST_F(Forget, ASessionThatRequiresNothingLeavesZero) {
  EXPECT_EQ(floor(), at(0, 0));
  all_at(0, 100);
  EXPECT_EQ(floor(), at(0));
}

TEST_F(Forget, WhatIsNotResolvedMustBeRemembered) {
  all_at(0, 100);
  wrote(1);
  sees(standby(1, 10, 200));
  sees(standby(2, 10, 200));
  EXPECT_EQ(floor(), std::nullopt);
  read(1, 20);
  all_at(15, 200);
  EXPECT_EQ(floor(), std::nullopt) << "the read came after the sample";
}

TEST_F(Forget, WhatACrashMayTakeMustBeRemembered) {
  all_at(0, 100);
  wrote(1);
  auto unflushed = primary(0, 10, 150);
  unflushed.flush = {149};
  sees(standby(1, 10, 150));
  sees(standby(2, 10, 150));
  sees(unflushed);
  EXPECT_EQ(floor(), std::nullopt);
  sees(primary(0, 20, 150));
  EXPECT_EQ(floor(), at(150));
}

TEST_F(Forget, WhatOneStandbyLacksMustBeRemembered) {
  all_at(0, 100);
  wrote(1);
  sees(primary(0, 10, 150));
  sees(standby(1, 10, 150));
  sees(standby(2, 10, 149));
  EXPECT_EQ(floor(), std::nullopt);
  sees(standby(2, 11, 150));
  EXPECT_EQ(floor(), at(150));
}

TEST_F(Forget, AStandbyThatIsNotAdmittedIsNotWaitedFor) {
  all_at(0, 100);
  wrote(1);
  sees(primary(0, 10, 150));
  sees(standby(1, 10, 150));
  cluster_.on_failure(2);
  EXPECT_EQ(floor(), at(150));
}

TEST_F(Forget, WithNoStandbyAdmittedNobodyIsSeenToHaveIt) {
  all_at(0, 100);
  wrote(1);
  sees(primary(0, 10, 150));
  cluster_.on_failure(1);
  cluster_.on_failure(2);
  EXPECT_EQ(floor(), std::nullopt);
  EXPECT_EQ(floor_of_all(session_), at(150)) << "one position stands for it all the same";
}

TEST_F(Forget, APrimaryThatIsAloneHasNobodyToWaitFor) {
  cluster_ = topology::testing::InformedCluster({"p:1"});
  sees(primary(0, 0, 100));
  wrote(1);
  EXPECT_EQ(floor(), std::nullopt);
  sees(primary(0, 10, 150));
  EXPECT_EQ(floor(), at(150));
}

TEST_F(Forget, WithoutAPrimaryNothingIsForgotten) {
  all_at(0, 100);
  wrote(1);
  all_at(10, 150);
  cluster_.on_failure(0);
  EXPECT_EQ(floor(), std::nullopt);
  sees(primary(0, 20, 150));
  EXPECT_EQ(floor(), at(150));
}

// P1: a commit that a standby shows and the primary does not.
TEST_F(Forget, WhatThePrimaryDoesNotShowMustBeRemembered) {
  all_at(0, 100);
  read(1, 1);
  sees(showing(primary(0, 10, 150), 12, {11}));
  sees(showing(standby(1, 10, 150), 12, {}));
  sees(showing(standby(2, 10, 150), 12, {}));
  EXPECT_EQ(floor(), std::nullopt);
  sees(showing(primary(0, 20, 150), 12, {}));
  EXPECT_EQ(floor(), at(150));
}

TEST_F(Forget, AFoldedFloorThatIsNotShownMustBeRemembered) {
  sees(showing(primary(0, 0, 150), 12, {11}));
  sees(showing(standby(1, 0, 150), 12, {}));
  sees(showing(standby(2, 0, 150), 12, {}));
  session_.require(1, {}, {140}, false);
  EXPECT_EQ(floor(), std::nullopt);
  sees(showing(primary(0, 20, 150), 12, {}));
  EXPECT_EQ(floor(), at(140));
}

TEST_F(Forget, FoldedFloorsCountAsMarksDo) {
  all_at(0, 100);
  session_.require(1, {120}, {}, true);
  EXPECT_EQ(floor(), std::nullopt);
  session_.clear();
  session_.require(1, {}, {130}, true);
  EXPECT_EQ(floor(), std::nullopt);
  all_at(10, 120);
  EXPECT_EQ(floor(), std::nullopt);
  all_at(20, 130);
  EXPECT_EQ(floor(), at(130));
}

TEST_F(Forget, ALossMustBeToldFirst) {
  all_at(0, 100);
  wrote(1);
  all_at(10, 150);
  promotes(1, 20, 120, 130);
  sees(on_timeline(standby(2, 20, 130), 2));
  EXPECT_EQ(floor(), std::nullopt);
  session_.forgive();
  // What has survived lies below where the new primary was.
  EXPECT_EQ(floor(), at(130, 2));
}

TEST_F(Forget, ASessionOfAnOlderTimelineWaitsForItsFate) {
  all_at(0, 100);
  wrote(1);
  all_at(10, 110);
  ASSERT_EQ(floor(), at(110));
  sees(on_timeline(primary(1, 20, 130), 2));
  sees(on_timeline(standby(2, 20, 130), 2));
  EXPECT_EQ(floor(), std::nullopt) << "the history is not known";
  consistency::History history;
  history.add({2, 1, {120}});
  cluster_.on_history(2, history);
  EXPECT_EQ(floor(), at(110, 2));
}

TEST_F(Forget, AViewOlderThanTheSessionDecidesNothing) {
  all_at(0, 150);
  session_.require(2, {140}, {140}, true);
  EXPECT_EQ(floor(), std::nullopt);
  cluster_ = topology::testing::InformedCluster({"p:1"});
  sees(primary(0, 0, 150));
  EXPECT_EQ(floor(), std::nullopt) << "nor where no standby is asked";
}

TEST_F(Forget, AStandbyOfAnOlderTimelineCoversUpToTheSwitchPoint) {
  all_at(0, 100);
  promotes(1, 10, 120, 130);
  session_.require(2, {110}, {}, true);
  EXPECT_EQ(floor(), std::nullopt) << "node 2 is admitted, and at 100 of timeline 1";
  sees(standby(2, 20, 120));
  EXPECT_EQ(floor(), at(110, 2));
  session_.require(2, {125}, {}, true);
  EXPECT_EQ(floor(), std::nullopt);
}

}  // namespace
}  // namespace tidemark::routing
