#include "net/reactor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "net/signals.h"
#include "net/testing.h"

namespace tidemark::net {
namespace {

class ReactorTurns : public NetTest {};

TEST_F(ReactorTurns, RunsWhatOtherThreadsPostInEachOnesOrder) {
  constexpr int k_threads = 4;
  constexpr int k_posts = 5000;
  std::vector<std::vector<int>> seen(k_threads);
  std::vector<std::thread> threads;
  for (int t = 0; t < k_threads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < k_posts; ++i) reactor_.post([&seen, t, i] { seen[t].push_back(i); });
    });
  }
  const auto all = [&] {
    return std::ranges::all_of(seen, [](const auto& each) { return each.size() == k_posts; });
  };
  EXPECT_TRUE(until(all));
  for (std::thread& thread : threads) thread.join();
  for (const auto& each : seen) EXPECT_TRUE(std::ranges::is_sorted(each));
}

TEST_F(ReactorTurns, APostWakesALoopThatSleepsForEver) {
  std::thread thread([&] { reactor_.post([&] { reactor_.stop(); }); });
  reactor_.run();
  thread.join();
}

TEST_F(ReactorTurns, AStopBeforeRunEndsItAtOnceAndItMayRunAgain) {
  reactor_.stop();
  reactor_.run();
  reactor_.post([&] { reactor_.stop(); });
  reactor_.run();
}

TEST_F(ReactorTurns, TimersFireInOrderAndNeverEarly) {
  std::vector<int> fired;
  const Instant start = now();
  for (const int delay : {30, 10, 20, 1}) {
    reactor_.add_timer(start + std::chrono::milliseconds(delay), [&fired, delay, start] {
      EXPECT_GE(now() - start, std::chrono::milliseconds(delay));
      fired.push_back(delay);
    });
  }
  Timer cancelled = reactor_.add_timer(start, [] { ADD_FAILURE() << "was cancelled"; });
  reactor_.cancel(cancelled);
  ASSERT_TRUE(until([&] { return fired.size() == 4; }));
  EXPECT_EQ(fired, (std::vector{1, 10, 20, 30}));
}

TEST_F(ReactorTurns, ATurnEndsAtItsDeadline) {
  const Instant deadline = now() + std::chrono::milliseconds(20);
  while (now() < deadline) reactor_.turn(deadline);
  EXPECT_GE(now(), deadline);
}

TEST_F(ReactorTurns, HooksRunAfterTheCallbacksAndBeforeTheFlush) {
  Recorder near;
  Recorder far;
  connect_pair(tcp_address(), near, far);
  std::string order;
  reactor_.at_turn_end([&] { order += 'h'; });
  reactor_.add_timer(now(), [&] { order += 't'; });
  reactor_.post([&] { order += 'p'; });
  reactor_.at_turn_end([&] {
    if (order == "pth") say(near, "from the hook");
  });
  reactor_.turn(now());
  EXPECT_EQ(order, "pth");
  EXPECT_TRUE(until([&] { return far.received == "from the hook"; }));
}

TEST_F(ReactorTurns, AWatchMayEndItself) {
  const Wakeup wakeup;
  int calls = 0;
  const auto watched = reactor_.watch(wakeup.fd(), [&] {
    ++calls;
    reactor_.unwatch(wakeup.fd());
  });
  ASSERT_TRUE(watched);
  wakeup.wake();
  ASSERT_TRUE(until([&] { return calls == 1; }));
  settle();
  EXPECT_EQ(calls, 1);
}

TEST_F(ReactorTurns, SignalsBecomeCallbacks) {
  std::vector<int> seen;
  {
    const Signals signals(reactor_, {SIGHUP, SIGUSR1}, [&](int number) { seen.push_back(number); });
    std::raise(SIGHUP);
    std::raise(SIGUSR1);
    EXPECT_TRUE(seen.empty());
    ASSERT_TRUE(until([&] { return seen.size() == 2; }));
  }
  EXPECT_EQ(seen, (std::vector{SIGHUP, SIGUSR1}));
  struct sigaction after{};
  sigaction(SIGHUP, nullptr, &after);
  EXPECT_EQ(after.sa_handler, SIG_DFL);
}

TEST_F(ReactorTurns, WhatIsOpenWhenTheReactorGoesIsClosedWithoutACall) {
  Recorder handler;
  Descriptor far;
  {
    Reactor brief{test_backend()};
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    brief.adopt(ends[0], handler);
    far.reset(ends[1]);
  }
  char byte = 0;
  EXPECT_EQ(recv(far.get(), &byte, 1, 0), 0);
  EXPECT_EQ(handler.closes, 0);
}

}  // namespace
}  // namespace tidemark::net
