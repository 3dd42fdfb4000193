#include "gateway/session_registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "base/random.h"
#include "topology/informed.h"
#include "topology/samples.h"

namespace tidemark::gateway {
namespace {

using consistency::Lsn;
using consistency::Position;
using consistency::Session;
using topology::testing::at;
using topology::testing::on_timeline;
using topology::testing::primary;
using topology::testing::standby;

constexpr std::size_t k_all = 1'000'000;

class Registry : public ::testing::Test {
 protected:
  void all_at(int ms, std::uint64_t lsn) {
    cluster_.on_sample(primary(0, ms, lsn));
    cluster_.on_sample(standby(1, ms, lsn));
  }
  std::size_t sweeps(SessionRegistry& registry, std::size_t budget = k_all) {
    return registry.sweep(*cluster_.view({}), budget);
  }
  static void writes(SessionRegistry& registry, std::string_view key, int ms) {
    ASSERT_TRUE(registry.with(key, [&](Session& session) { session.note_write(0, 1, at(ms)); }));
  }
  static Session look(SessionRegistry& registry, std::string_view key) {
    return registry.with(key, [](Session& session) { return session; }).value();
  }

  topology::testing::InformedCluster cluster_{{"p:1", "s:2"}};
  SessionRegistry registry_{k_all};
};

TEST_F(Registry, OneKeyIsOneSession) {
  all_at(0, 100);
  sweeps(registry_);
  writes(registry_, "user:42", 1);
  EXPECT_EQ(look(registry_, "user:42").marks().size(), 1u);
  EXPECT_TRUE(look(registry_, "user:43").marks().empty());
  EXPECT_EQ(registry_.stats().sessions, 2u);
}

TEST_F(Registry, GivesBackWhatTheFunctionDoes) {
  all_at(0, 100);
  sweeps(registry_);
  EXPECT_EQ(registry_.with("a", [](Session&) { return 5; }), 5);
}

TEST_F(Registry, SharesNothingBeforeAPrimaryHasBeenSeen) {
  const auto refused = registry_.with("a", [](Session&) { FAIL(); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().sqlstate, "57P03");
  EXPECT_EQ(registry_.stats().sessions, 0u);
  all_at(0, 100);
  sweeps(registry_, 0);
  EXPECT_TRUE(registry_.with("a", [](Session&) {}));
}

TEST_F(Registry, ForgetsWhoHasNothingLeftToSayAndRaisesTheHorizon) {
  all_at(0, 100);
  sweeps(registry_);
  writes(registry_, "a", 1);
  EXPECT_EQ(sweeps(registry_), 0u);
  cluster_.on_sample(primary(0, 10, 150));
  EXPECT_EQ(sweeps(registry_), 0u) << "the standby does not have it";
  all_at(20, 160);
  EXPECT_EQ(sweeps(registry_), 1u);
  const auto stats = registry_.stats();
  EXPECT_EQ(stats.sessions, 0u);
  EXPECT_EQ(stats.forgotten, 1u);
  EXPECT_EQ(stats.horizon, (Position{1, {150}}));
  EXPECT_EQ(look(registry_, "a").writes().at(0).lsn, Lsn{150});
}

TEST_F(Registry, LooksAtNoMoreSessionsThanItMay) {
  all_at(0, 100);
  sweeps(registry_);
  for (int key = 0; key < 6400; ++key) look(registry_, std::to_string(key));
  std::size_t forgotten = 0;
  for (int call = 0; call < 10'000 && registry_.stats().sessions > 0; ++call) {
    const std::size_t once = sweeps(registry_, 10);
    EXPECT_LE(once, 10u + 10) << "the last bucket is finished";
    forgotten += once;
  }
  EXPECT_EQ(forgotten, 6400u);
}

TEST_F(Registry, RoomIsMadeAtThePriceOfAHigherHorizon) {
  SessionRegistry registry(10);
  all_at(0, 100);
  sweeps(registry);
  for (int key = 0; key < 10; ++key) writes(registry, std::to_string(key), 1);
  cluster_.on_sample(primary(0, 10, 150));
  EXPECT_EQ(sweeps(registry), 0u) << "the standby does not have what they wrote";
  writes(registry, "one more", 11);
  const auto stats = registry.stats();
  EXPECT_EQ(stats.sessions, 10u);
  EXPECT_EQ(stats.evicted, 1u);
  EXPECT_EQ(stats.horizon, (Position{1, {150}}));
}

TEST_F(Registry, WhoGivesWayIsWhoCostsLeast) {
  const auto shard = [](const std::string& key) {
    return std::hash<std::string_view>{}(key) >> 58;
  };
  std::array<std::string, 2> keys = {"0", "1"};
  for (int next = 2; shard(keys[1]) != shard(keys[0]); ++next) keys[1] = std::to_string(next);
  all_at(0, 100);
  for (const std::size_t cheaper : {0u, 1u}) {
    SessionRegistry registry(2);
    sweeps(registry);
    const auto requires_at_least = [&](const std::string& key, std::uint64_t lsn) {
      registry.with(key, [&](Session& session) { session.require(1, {lsn}, {}, true); }).value();
    };
    requires_at_least(keys[cheaper], 160);
    requires_at_least(keys[1 - cheaper], 170);
    look(registry, "one more");
    EXPECT_EQ(registry.stats().horizon, (Position{1, {160}}));
    EXPECT_EQ(look(registry, keys[1 - cheaper]).writes().at(0).lsn, Lsn{170});
  }
}

// What has been done already must not be forgotten for want of room.
TEST_F(Registry, WhatMustBeRememberedExceedsTheRoom) {
  SessionRegistry registry(10);
  all_at(0, 100);
  sweeps(registry);
  for (int key = 0; key < 10; ++key) writes(registry, std::to_string(key), 1);
  const auto note = [](Session& session) { session.note_write(0, 1, Instant{}); };
  ASSERT_FALSE(registry.with("one more", note));
  ASSERT_TRUE(registry.with("one more", note, Room::k_exceeded));
  EXPECT_EQ(registry.stats().sessions, 11u);
  EXPECT_FALSE(look(registry, "one more").empty());
  EXPECT_FALSE(registry.with("yet another", note));
}

// A promise to those who are there outranks a new key.
TEST_F(Registry, NobodyGivesWayWhoseMarksAreOpen) {
  SessionRegistry registry(10);
  all_at(0, 100);
  sweeps(registry);
  for (int key = 0; key < 10; ++key) writes(registry, std::to_string(key), 1);
  const auto refused = registry.with("one more", [](Session&) { FAIL(); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().sqlstate, "53400");
  EXPECT_NE(refused.error().message.find("10 are remembered"), std::string::npos);
  EXPECT_EQ(registry.stats().refused, 1u);
  EXPECT_EQ(registry.stats().sessions, 10u);
  EXPECT_EQ(look(registry, "3").marks().size(), 1u);
  all_at(10, 150);
  sweeps(registry);
  EXPECT_TRUE(registry.with("one more", [](Session&) {}));
}

TEST_F(Registry, AKeyThatIsTooLongIsRefused) {
  all_at(0, 100);
  sweeps(registry_);
  EXPECT_TRUE(registry_.with(std::string(SessionRegistry::k_max_key_size, 'x'), [](Session&) {}));
  const auto refused =
      registry_.with(std::string(SessionRegistry::k_max_key_size + 1, 'x'), [](Session&) {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().sqlstate, "22023");
}

TEST_F(Registry, ALossOfTheHorizonIsToldOnce) {
  all_at(0, 100);
  sweeps(registry_);
  cluster_.on_sample(on_timeline(primary(1, 10, 130), 2));
  cluster_.on_sample(on_timeline(standby(0, 10, 130), 2));
  consistency::History history;
  history.add({2, 1, {90}});
  cluster_.on_history(2, history);
  sweeps(registry_);
  EXPECT_TRUE(registry_.stats().horizon_was_lost);
  EXPECT_TRUE(look(registry_, "a").lost_writes());
  EXPECT_EQ(sweeps(registry_), 0u) << "not told yet";
  registry_.with("a", [](Session& session) { session.forgive(); }).value();
  EXPECT_EQ(sweeps(registry_), 1u);
  EXPECT_FALSE(look(registry_, "a").lost_writes());
  EXPECT_TRUE(look(registry_, "b").lost_writes());
}

TEST_F(Registry, TellsHowMuchMemoryItTakes) {
  all_at(0, 100);
  sweeps(registry_);
  const std::size_t before = registry_.stats().bytes;
  look(registry_, "a");
  EXPECT_GE(registry_.stats().bytes, before + sizeof(Session));
  const std::size_t one = registry_.stats().bytes - before;
  look(registry_, std::string(200, 'x'));
  EXPECT_GE(registry_.stats().bytes, before + 2 * one + 200);
  const std::size_t unmarked = registry_.stats().bytes;
  registry_.with("a", [](Session& session) { session.note_read(1, 1, at(0), false); }).value();
  EXPECT_EQ(registry_.stats().bytes, unmarked + sizeof(consistency::Remembered));
  sweeps(registry_);
  EXPECT_EQ(registry_.stats().bytes, before);
}

// What a session requires at least: of marks not resolved yet the instant, from which their
// position follows in the test below.
std::uint64_t required(const Session& session) {
  std::uint64_t lsn = std::max(session.writes().at(0).lsn, session.reads().at(0).lsn).value;
  for (const auto& known : session.marks()) {
    const auto instant = static_cast<std::uint64_t>(known.mark.at.time_since_epoch().count());
    lsn = std::max(lsn, known.resolved ? known.position.lsn.value : instant);
  }
  return lsn;
}

// The log grows by a byte a nanosecond of a clock that every write advances. Whatever happens to
// its session in between, a writer that comes back finds its own last write required.
TEST(RegistryThreads, NobodyForgetsWhatItsOwnerWrote) {
  constexpr int k_writers = 4;
  constexpr int k_rounds = 4000;
  SessionRegistry registry(40);
  std::atomic<std::int64_t> clock = 1000;
  std::atomic<int> running = k_writers;

  topology::Cluster cluster({"p:1", "s:2"});
  const auto sample_all = [&] {
    auto of_primary = primary(0, 0, static_cast<std::uint64_t>(clock.load()));
    auto of_standby = standby(1, 0, of_primary.insert.value);
    of_primary.sent_at = of_standby.sent_at = Instant(Duration(of_primary.insert.value));
    of_primary.received_at = of_standby.received_at = of_primary.sent_at;
    cluster.on_sample(of_primary);
    cluster.on_sample(of_standby);
    return cluster.view(of_primary.sent_at);
  };
  registry.sweep(*sample_all(), 0);

  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < k_writers; ++writer) {
    threads.emplace_back([&, writer] {
      Random random(static_cast<std::uint64_t>(writer));
      std::array<std::uint64_t, 20> written{};
      for (int round = 0; round < k_rounds; ++round) {
        const std::size_t which = random.below(written.size());
        const std::string key = std::to_string(writer) + ":" + std::to_string(which);
        const bool writes = random.chance(0.5);
        std::uint64_t now = 0;
        const auto seen = registry.with(key, [&](Session& session) {
          const std::uint64_t lsn = required(session);
          now = static_cast<std::uint64_t>(++clock);
          if (writes) session.note_write(0, 1, Instant(Duration(now)));
          return lsn;
        });
        if (!seen) continue;
        if (*seen < written[which]) ++wrong;
        if (writes) written[which] = now;
      }
      --running;
    });
  }
  std::size_t forgotten = 0;
  while (running > 0) {
    const auto view = sample_all();
    forgotten += registry.sweep(*view, 30);
    static_cast<void>(registry.stats());
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(forgotten + registry.stats().evicted, 0u);
  EXPECT_LE(registry.stats().sessions, 40u + k_writers);
}

}  // namespace
}  // namespace tidemark::gateway
