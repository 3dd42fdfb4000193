#include "net/timers.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace tidemark::net {
namespace {

Instant at(int milliseconds) { return Instant(std::chrono::milliseconds(milliseconds)); }

TEST(Timers, FireInOrderOfDeadlineThenOfAdding) {
  Timers timers;
  std::vector<int> fired;
  for (const auto& [deadline, name] : {std::pair(30, 3), {10, 1}, {20, 2}, {10, 4}}) {
    timers.add(at(deadline), [&fired, mine = name] { fired.push_back(mine); });
  }
  EXPECT_EQ(timers.next(), at(10));
  timers.fire(at(20));
  EXPECT_EQ(fired, (std::vector{1, 4, 2}));
  EXPECT_EQ(timers.next(), at(30));
  timers.fire(at(30));
  EXPECT_EQ(fired, (std::vector{1, 4, 2, 3}));
  EXPECT_EQ(timers.next(), k_never);
}

TEST(Timers, ACancelledOneNeverFiresAndGivesItsCallbackBack) {
  Timers timers;
  auto held = std::make_shared<int>(0);
  Timer timer = timers.add(at(10), [held] { ++*held; });
  EXPECT_EQ(held.use_count(), 2);
  timers.cancel(timer);
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(timer);
  EXPECT_EQ(timers.next(), k_never);
  timers.fire(at(100));
  EXPECT_EQ(*held, 0);
}

TEST(Timers, AStaleHandleCancelsNothing) {
  Timers timers;
  int fired = 0;
  Timer first = timers.add(at(10), [&] { ++fired; });
  timers.fire(at(10));
  timers.add(at(20), [&] { ++fired; });  // takes over the first one's slot
  timers.cancel(first);
  Timer none;
  timers.cancel(none);
  timers.fire(at(20));
  EXPECT_EQ(fired, 2);
}

TEST(Timers, WhatACallbackAddsWaitsForTheNextTurn) {
  Timers timers;
  int fired = 0;
  std::function<void()> again = [&] {
    ++fired;
    timers.add(at(0), again);
  };
  timers.add(at(0), again);
  timers.fire(at(5));
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(timers.next(), at(0));
  timers.fire(at(5));
  EXPECT_EQ(fired, 2);
}

TEST(Timers, ACallbackMayCancelOthersThatAreDue) {
  Timers timers;
  int fired = 0;
  Timer second;
  timers.add(at(1), [&] { timers.cancel(second); });
  second = timers.add(at(2), [&] { ++fired; });
  timers.fire(at(5));
  EXPECT_EQ(fired, 0);
  EXPECT_EQ(timers.size(), 0U);
}

// Against a twin that is too simple to be wrong: a map ordered by deadline and age.
TEST(Timers, AgreeWithAnOrderedMap) {
  std::mt19937 random(20240607);
  Timers timers;
  std::map<std::pair<Instant, int>, Timer> twin;
  std::vector<int> fired;
  std::vector<int> expected;
  int name = 0;
  for (int now = 0; now < 3000; ++now) {
    for (auto i = random() % 20; i > 0; --i, ++name) {
      const Instant deadline = at(now + static_cast<int>(random() % 500));
      twin[{deadline, name}] = timers.add(deadline, [&fired, name] { fired.push_back(name); });
    }
    for (auto i = random() % 18; i > 0 && !twin.empty(); --i) {
      auto victim = twin.lower_bound({at(now + static_cast<int>(random() % 500)), 0});
      if (victim == twin.end()) continue;
      timers.cancel(victim->second);
      twin.erase(victim);
    }
    while (!twin.empty() && twin.begin()->first.first <= at(now)) {
      expected.push_back(twin.begin()->first.second);
      twin.erase(twin.begin());
    }
    timers.fire(at(now));
    ASSERT_EQ(timers.size(), twin.size());
    ASSERT_EQ(timers.next(), twin.empty() ? k_never : twin.begin()->first.first);
  }
  EXPECT_EQ(fired, expected);
}

}  // namespace
}  // namespace tidemark::net
