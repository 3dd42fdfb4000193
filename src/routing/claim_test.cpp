#include "routing/claim.h"

#include "routing/scenario.h"
#include "routing/settle.h"

namespace tidemark::routing {
namespace {

using consistency::Lsn;
using consistency::Session;
using topology::testing::at;
using topology::testing::primary;
using topology::testing::standby;

class ClaimTest : public Scenario {
 protected:
  std::optional<Claim> claims(int ms) {
    const auto view = cluster_.view(at(ms));
    settle(session_, *view);
    return claim_of(session_, *view);
  }
  bool takes_over(const Claim& claim, Session& session, int ms) {
    return take_over(claim, session, *cluster_.view(at(ms)), at(ms)) == Taken::k_taken;
  }
};

TEST_F(ClaimTest, ASessionWithoutAPastClaimsNothing) {
  all_at(10, 100);
  ASSERT_TRUE(claims(20).has_value());
  EXPECT_EQ(claims(20)->timeline, 0u);
  EXPECT_TRUE(takes_over(*claims(20), session_, 20));
  EXPECT_TRUE(session_.empty());
}

TEST_F(ClaimTest, AWriteIsClaimedOnceASampleShowsItFlushed) {
  all_at(10, 100);
  wrote(20);
  EXPECT_EQ(claims(21), std::nullopt);
  EXPECT_EQ(pending_of(session_, *cluster_.view(at(21))).wanted, 1u);
  auto unflushed = primary(0, 22, 200);
  unflushed.flush = {150};
  sees(unflushed);
  EXPECT_EQ(claims(23), std::nullopt);
  EXPECT_TRUE(pending_of(session_, *cluster_.view(at(23))).nudge);
  sees(primary(0, 24, 210));
  ASSERT_TRUE(claims(25).has_value());
  EXPECT_EQ(claims(25)->writes, Lsn{200});
  EXPECT_EQ(claims(25)->reads, Lsn{});
}

TEST_F(ClaimTest, WhoTakesOverRequiresAsMuch) {
  all_at(10, 100);
  wrote(20);
  read(1, 21);
  sees(primary(0, 22, 200));
  sees(standby(1, 22, 120));
  Session other;
  ASSERT_TRUE(takes_over(*claims(23), other, 23));
  EXPECT_EQ(other.writes().at(0).lsn, Lsn{200});
  EXPECT_EQ(other.reads().at(0).lsn, Lsn{120});
}

TEST_F(ClaimTest, WhatThePrimaryDoesNotShowYetIsSaid) {
  all_at(10, 100);
  sees(topology::testing::showing(primary(0, 11, 100), 12, {8}));
  read(1, 20);
  sees(standby(1, 21, 120));
  sees(topology::testing::showing(primary(0, 22, 120), 12, {8}));
  ASSERT_TRUE(claims(22).has_value());
  EXPECT_FALSE(claims(22)->shown);
  Session other;
  ASSERT_TRUE(takes_over(*claims(22), other, 22));
  EXPECT_EQ(other.unshown(), Lsn{120});
}

TEST_F(ClaimTest, AClaimOfAnOlderTimelineIsKeptUpToTheSwitchPoint) {
  all_at(10, 100);
  promotes(1, 30, 150, 200);
  Session other;
  other.require(2, {10}, {10}, true);
  ASSERT_TRUE(takes_over({1, {150}, {140}, true}, other, 40));
  EXPECT_EQ(other.writes().at(0).lsn, Lsn{150});
  EXPECT_FALSE(other.lost_writes());
  ASSERT_TRUE(takes_over({1, {151}, {140}, true}, other, 40));
  EXPECT_TRUE(other.lost_writes());
  EXPECT_FALSE(other.lost_reads());
}

TEST_F(ClaimTest, AFreshSessionFindsOutWhenItIsSettled) {
  all_at(10, 100);
  promotes(1, 30, 150, 200);
  Session other;
  ASSERT_TRUE(takes_over({1, {151}, {140}, true}, other, 40));
  settle(other, *cluster_.view(at(40)));
  EXPECT_TRUE(other.lost_writes());
}

TEST_F(ClaimTest, AClaimOfATimelineThatIsNotSeenYetWaits) {
  all_at(10, 100);
  Session other;
  other.require(1, {10}, {10}, true);
  EXPECT_FALSE(takes_over({2, {150}, {140}, true}, other, 20));
  promotes(1, 30, 100, 200);
  EXPECT_TRUE(takes_over({2, {150}, {140}, true}, other, 40));
  EXPECT_EQ(other.writes().at(0).lsn, Lsn{150});
}

TEST_F(ClaimTest, AClaimBeyondTheEndOfTheLogIsNotTaken) {
  all_at(10, 100);
  Session other;
  const auto takes = [&](int ms, int since) {
    return take_over({1, {150}, {140}, true}, other, *cluster_.view(at(ms)), at(since));
  };
  EXPECT_EQ(takes(20, 20), Taken::k_not_yet);
  sees(primary(0, 21, 149));
  EXPECT_EQ(takes(22, 20), Taken::k_beyond);
  EXPECT_TRUE(other.empty());
  sees(primary(0, 23, 150));
  EXPECT_EQ(takes(24, 20), Taken::k_taken);
}

}  // namespace
}  // namespace tidemark::routing
