#include "routing/horizon.h"

#include <gtest/gtest.h>

#include "routing/settle.h"
#include "topology/informed.h"
#include "topology/samples.h"

namespace tidemark::routing {
namespace {

using consistency::Lsn;
using consistency::Position;
using consistency::Session;
using topology::testing::at;
using topology::testing::on_timeline;
using topology::testing::primary;
using topology::testing::restarted;
using topology::testing::showing;
using topology::testing::standby;

constexpr KeyHash k_alice = 1;
constexpr KeyHash k_bob = 2;

class HorizonTest : public ::testing::Test {
 protected:
  void sees(const consistency::Sample& sample) {
    cluster_.on_sample(sample);
    horizon_.follow(*cluster_.view(sample.sent_at));
  }

  void all_at(int ms, std::uint64_t lsn) {
    sees(standby(1, ms, lsn));
    sees(primary(0, ms, lsn));
  }

  // Node 1 takes over from node 0, its log parting at the switch point.
  void promotes(int ms, std::uint64_t switch_point, std::uint64_t lsn) {
    sees(on_timeline(primary(1, ms, lsn), 2));
    learns(switch_point);
  }
  void learns(std::uint64_t switch_point) {
    consistency::History history;
    history.add({2, 1, {switch_point}});
    cluster_.on_history(2, history);
    horizon_.follow(*cluster_.view({}));
  }

  // As the session of a key that is not known begins, brought up to date.
  Session starts(KeyHash key) {
    Session session;
    horizon_.start(key, session);
    settle(session, *cluster_.view({}));
    return session;
  }
  bool is_told_of_a_loss(KeyHash key) {
    const Session session = starts(key);
    EXPECT_EQ(session.lost_writes(), session.lost_reads());
    return session.lost_writes();
  }

  topology::testing::InformedCluster cluster_{{"p:1", "s:2"}};
  Horizon horizon_;
};

TEST_F(HorizonTest, BeginsWithTheFirstPrimary) {
  sees(standby(1, 0, 90));
  EXPECT_FALSE(horizon_.has_begun());
  EXPECT_FALSE(horizon_.take(k_alice, {1, {50}}));
  sees(primary(0, 1, 100));
  EXPECT_TRUE(horizon_.has_begun());
  EXPECT_EQ(horizon_.position(), (Position{1, {100}}));
}

TEST_F(HorizonTest, AnUnknownKeyRequiresItInWritesAndReads) {
  all_at(0, 100);
  const Session session = starts(k_alice);
  EXPECT_EQ(session.timeline(), 1u);
  EXPECT_EQ(session.writes().at(0), (Position{1, {100}}));
  EXPECT_EQ(session.reads().at(0), (Position{1, {100}}));
  EXPECT_FALSE(session.lost_writes() || session.lost_reads());
}

TEST_F(HorizonTest, CoversEveryFloorThatItTookOver) {
  all_at(0, 100);
  EXPECT_TRUE(horizon_.take(k_alice, {1, {120}}));
  EXPECT_TRUE(horizon_.take(k_bob, {1, {110}}));
  EXPECT_EQ(horizon_.position(), (Position{1, {120}}));
  EXPECT_EQ(starts(k_bob).writes().at(0), (Position{1, {120}}));
}

// P5: what an asynchronous commit of before wrote is not flushed yet.
TEST_F(HorizonTest, AStartThatIsNotFlushedIsComparedWithNobody) {
  auto unflushed = primary(0, 0, 100);
  unflushed.flush = {90};
  sees(unflushed);
  const Session session = starts(k_alice);
  ASSERT_EQ(session.marks().size(), 2u);
  for (const auto& known : session.marks()) EXPECT_FALSE(known.durable);
  sees(primary(0, 10, 100));
  EXPECT_TRUE(starts(k_alice).marks().empty());
}

// P7: and then a crash takes it, and something else is written there.
TEST_F(HorizonTest, AStartThatACrashTookIsLost) {
  auto unflushed = primary(0, 0, 100);
  unflushed.flush = {90};
  sees(unflushed);
  EXPECT_FALSE(is_told_of_a_loss(k_alice));
  sees(restarted(primary(0, 10, 130)));
  EXPECT_TRUE(is_told_of_a_loss(k_alice));
  EXPECT_EQ(horizon_.position(), (Position{1, {130}})) << "what is left of it is below";
}

// P1: before the start a session may have read on a standby what the primary does not show.
TEST_F(HorizonTest, AStartThatThePrimaryDoesNotShowIsBehindTheBarrier) {
  sees(showing(primary(0, 0, 100), 12, {11}));
  sees(showing(standby(1, 0, 100), 12, {}));
  EXPECT_EQ(starts(k_alice).unshown(), Lsn{100});
  sees(showing(primary(0, 10, 100), 12, {}));
  EXPECT_EQ(starts(k_alice).unshown(), Lsn{});
}

TEST_F(HorizonTest, GoesOnAcrossAFailoverThatItSurvives) {
  all_at(0, 100);
  promotes(10, 120, 130);
  EXPECT_EQ(horizon_.position(), (Position{2, {100}}));
  EXPECT_FALSE(is_told_of_a_loss(k_alice));
  EXPECT_TRUE(horizon_.take(k_alice, {2, {125}}));
  EXPECT_FALSE(is_told_of_a_loss(k_alice));
}

TEST_F(HorizonTest, TakesNoFloorOfAnotherTimeline) {
  all_at(0, 100);
  EXPECT_FALSE(horizon_.take(k_alice, {2, {110}}));
  promotes(10, 120, 130);
  EXPECT_FALSE(horizon_.take(k_alice, {1, {110}}));
  EXPECT_TRUE(horizon_.take(k_bob, {1, {}})) << "of a session that requires nothing";
  EXPECT_EQ(horizon_.position(), (Position{2, {100}}));
}

TEST_F(HorizonTest, WaitsForTheHistoryAndTheSessionsWithIt) {
  all_at(0, 100);
  sees(on_timeline(primary(1, 10, 130), 2));
  EXPECT_EQ(horizon_.position(), (Position{1, {100}}));
  Session early;
  horizon_.start(k_alice, early);
  settle(early, *cluster_.view({}));
  EXPECT_EQ(early.timeline(), 1u);
  EXPECT_FALSE(early.lost_writes());
  learns(90);
  settle(early, *cluster_.view({}));
  EXPECT_TRUE(early.lost_writes() && early.lost_reads());
}

// F1.
TEST_F(HorizonTest, ALossIsToldToEachUnknownKeyOnce) {
  all_at(0, 100);
  horizon_.take(k_alice, {1, {110}});
  promotes(10, 90, 130);
  EXPECT_EQ(horizon_.position(), (Position{2, {90}})) << "what the new timeline shares";
  EXPECT_TRUE(is_told_of_a_loss(k_alice));
  EXPECT_TRUE(is_told_of_a_loss(k_alice)) << "who was not there to hear it is told again";
  horizon_.take(k_alice, {2, {95}});
  EXPECT_FALSE(is_told_of_a_loss(k_alice));
  EXPECT_EQ(starts(k_alice).writes().at(0), (Position{2, {95}}));
  EXPECT_TRUE(is_told_of_a_loss(k_bob));
}

TEST_F(HorizonTest, WhoWasToldOfOneLossIsToldOfTheNext) {
  all_at(0, 100);
  promotes(10, 90, 130);
  horizon_.take(k_alice, {2, {125}});
  ASSERT_FALSE(is_told_of_a_loss(k_alice));
  sees(on_timeline(primary(0, 20, 140), 3));
  consistency::History history;
  history.add({3, 2, {120}});
  cluster_.on_history(3, history);
  horizon_.follow(*cluster_.view({}));
  EXPECT_TRUE(is_told_of_a_loss(k_alice));
}

TEST_F(HorizonTest, AnotherSystemHasNothingOfWhatWasThereBefore) {
  all_at(0, 100);
  const auto older = cluster_.view({});
  auto other = restarted(primary(0, 10, 50));
  other.system_identifier = 8;
  sees(other);
  other.node = 1;
  other.role = consistency::Role::k_standby;
  other.applied = other.reached = {50};
  sees(other);
  horizon_.follow(*older);
  EXPECT_EQ(horizon_.position(), (Position{1, {50}}));
  EXPECT_TRUE(is_told_of_a_loss(k_alice));
}

TEST_F(HorizonTest, AnOlderViewTakesNothingBack) {
  all_at(0, 100);
  const auto older = cluster_.view({});
  promotes(10, 90, 130);
  horizon_.follow(*older);
  EXPECT_EQ(horizon_.position(), (Position{2, {90}}));
}

TEST(ToldKeys, HoldsWhatWasInserted) {
  ToldKeys keys;
  EXPECT_FALSE(keys.contains(0));
  EXPECT_EQ(keys.bytes(), 0u);
  for (const KeyHash key : {KeyHash{0}, KeyHash{5}, KeyHash{5} << 32}) {
    keys.insert(key);
    EXPECT_TRUE(keys.contains(key));
  }
  EXPECT_FALSE(keys.contains(6));
  keys.clear();
  EXPECT_FALSE(keys.contains(5));
  EXPECT_EQ(keys.bytes(), 0u);
}

TEST(ToldKeys, ForgetsSomeWhenARowIsFullAndInventsNone) {
  ToldKeys keys;
  const auto in_one_row = [](KeyHash number) { return number * ToldKeys::k_rows; };
  for (KeyHash number = 1; number <= 20; ++number) {
    keys.insert(in_one_row(number));
    EXPECT_TRUE(keys.contains(in_one_row(number)));
  }
  std::size_t kept = 0;
  for (KeyHash number = 1; number <= 100; ++number) {
    kept += keys.contains(in_one_row(number));
    EXPECT_TRUE(number <= 20 || !keys.contains(in_one_row(number)));
  }
  EXPECT_EQ(kept, ToldKeys::k_row_size);
}

}  // namespace
}  // namespace tidemark::routing
