#include "pool/pool.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace tidemark::pool {
namespace {

using Kind = Grant::Kind;

TEST(Pool, OpensUpToItsSizeThenQueues) {
  Pool pool(2);
  EXPECT_EQ(pool.ask(1, 7, 0, false).kind, Kind::k_open);
  EXPECT_EQ(pool.ask(2, 7, 0, false).kind, Kind::k_open);
  EXPECT_EQ(pool.ask(3, 7, 0, false).kind, Kind::k_wait);
  EXPECT_EQ(pool.waiting(), 1U);
}

TEST(Pool, AFreeConnectionGoesToWhoWaitsLongest) {
  Pool pool(1);
  pool.ask(1, 7, 0, false);
  pool.opened(11, 7);
  pool.ask(2, 7, 0, false);
  pool.ask(3, 7, 0, false);
  const auto grant = pool.release(11, Instant{});
  ASSERT_TRUE(grant.has_value());
  EXPECT_EQ(grant->kind, Kind::k_use);
  EXPECT_EQ(grant->client, 2U);
  EXPECT_EQ(grant->server, 11U);
}

TEST(Pool, AClientGetsTheConnectionThatItUsedLastIfThatIsFree) {
  Pool pool(2);
  pool.ask(1, 7, 0, false);
  pool.opened(11, 7);
  pool.ask(2, 7, 0, false);
  pool.opened(12, 7);
  pool.release(11, Instant{});
  pool.release(12, Instant{});
  EXPECT_EQ(pool.ask(1, 7, 11, false).server, 11U);
  EXPECT_EQ(pool.ask(2, 7, 0, false).server, 12U);
}

TEST(Pool, AnotherKeyTakesThePlaceOfAnIdleConnection) {
  Pool pool(1);
  pool.ask(1, 7, 0, false);
  pool.opened(11, 7);
  pool.release(11, Instant{});
  const Grant grant = pool.ask(2, 8, 0, false);
  EXPECT_EQ(grant.kind, Kind::k_open);
  EXPECT_EQ(grant.evicted, 11U);
  pool.opened(12, 8);
  EXPECT_EQ(pool.in_use(), 1U);
}

TEST(Pool, AFreshSessionIsNeverOneThatExists) {
  Pool pool(2);
  pool.ask(1, 7, 0, false);
  pool.opened(11, 7);
  pool.release(11, Instant{});
  EXPECT_EQ(pool.ask(1, 7, 11, true).kind, Kind::k_open);
}

TEST(Pool, APlaceThatBecomesFreeIsOpenedForWhoWaits) {
  Pool pool(1);
  pool.ask(1, 7, 0, false);
  pool.opened(11, 7);
  pool.ask(2, 7, 0, false);
  const auto grant = pool.gone(11);
  ASSERT_TRUE(grant.has_value());
  EXPECT_EQ(grant->kind, Kind::k_open);
  EXPECT_EQ(grant->client, 2U);
}

TEST(Pool, WhoWaitsNoLongerIsPassedOver) {
  Pool pool(1);
  pool.ask(1, 7, 0, false);
  pool.opened(11, 7);
  pool.ask(2, 7, 0, false);
  pool.ask(3, 7, 0, false);
  pool.forget(2);
  EXPECT_EQ(pool.release(11, Instant{})->client, 3U);
}

TEST(Pool, OnlyWhatIsUnusedForLongExpires) {
  Pool pool(2);
  pool.ask(1, 7, 0, false);
  pool.opened(11, 7);
  pool.ask(2, 7, 0, false);
  pool.opened(12, 7);
  pool.release(11, Instant(Duration(10)));
  pool.release(12, Instant(Duration(20)));
  EXPECT_EQ(pool.expire(Instant(Duration(15))), std::vector<ServerId>{11});
  EXPECT_EQ(pool.idle(), 1U);
}

// Whatever happens in whatever order: never more connections than the size, none given to two
// clients, and nobody waits while a place is free.
TEST(Pool, KeepsItsLawsUnderRandomUse) {
  std::mt19937_64 random(20260101);
  for (int round = 0; round < 200; ++round) {
    const std::size_t size = 1 + random() % 4;
    Pool pool(size);
    std::map<ServerId, ClientId> used;
    std::map<ClientId, ServerId> has;
    std::set<ClientId> waiting;
    ServerId next_server = 1;
    ClientId next_client = 1;
    const auto apply = [&](const Grant& grant) {
      if (grant.kind == Kind::k_wait) {
        waiting.insert(grant.client);
        return;
      }
      waiting.erase(grant.client);
      ServerId server = grant.server;
      if (grant.kind == Kind::k_open) {
        server = next_server++;
        pool.opened(server, grant.key);
      }
      ASSERT_FALSE(used.contains(server));
      used[server] = grant.client;
      has[grant.client] = server;
    };
    for (int step = 0; step < 200; ++step) {
      const auto action = random() % 4;
      if (action < 2 || used.empty()) {
        apply(pool.ask(next_client++, random() % 3, 0, random() % 8 == 0));
      } else {
        const auto victim = std::next(used.begin(), static_cast<long>(random() % used.size()));
        const ServerId server = victim->first;
        has.erase(victim->second);
        used.erase(victim);
        const auto grant = action == 2 ? pool.release(server, Instant{}) : pool.gone(server);
        if (grant.has_value()) apply(*grant);
      }
      ASSERT_EQ(pool.in_use(), used.size());
      ASSERT_LE(pool.in_use() + pool.idle(), size);
      ASSERT_EQ(pool.waiting(), waiting.size());
      ASSERT_TRUE(waiting.empty() || used.size() == size);
    }
  }
}

}  // namespace
}  // namespace tidemark::pool
