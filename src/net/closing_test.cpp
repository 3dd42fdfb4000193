// How connections end, and who is told what.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "net/connection.h"
#include "net/testing.h"

namespace tidemark::net {
namespace {

class Closing : public StreamTest {
 public:
  static void reset(Descriptor& fd) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    fd.reset();
  }
};
INSTANTIATE_TEST_SUITE_P(Over, Closing, testing::Values("Tcp", "Unix"), StreamTest::name);

TEST_P(Closing, ThePeersEndIsToldOnceAfterItsLastBytes) {
  Recorder handler;
  Descriptor far = connect_bare(address(), handler);
  send_all(far, "last words");
  far.reset();
  ASSERT_TRUE(until([&] { return handler.closes > 0; }));
  EXPECT_EQ(handler.received, "last words");
  EXPECT_EQ(handler.why, "the peer closed the connection");
  settle();
  EXPECT_EQ(handler.closes, 1);
  EXPECT_EQ(reactor_.connections(), 0U);
}

TEST_P(Closing, APausedConnectionWithNothingPendingLearnsOfTheEnd) {
  Recorder handler;
  Descriptor far = connect_bare(address(), handler);
  handler.connection->pause_reading();
  far.reset();
  EXPECT_TRUE(until([&] { return handler.closes == 1; }));
}

TEST_P(Closing, APausedConnectionConsumesWhatCameBeforeTheEndFirst) {
  Recorder handler;
  Descriptor far = connect_bare(address(), handler);
  handler.take = [&](std::string_view) -> std::size_t {
    handler.connection->pause_reading();
    return 0;
  };
  send_all(far, "kept ");
  settle();
  send_all(far, "in the kernel");
  settle();
  shutdown(far.get(), SHUT_WR);
  settle();
  EXPECT_EQ(handler.closes, 0);
  handler.take = nullptr;
  handler.connection->resume_reading();
  ASSERT_TRUE(until([&] { return handler.closes == 1; }));
  EXPECT_EQ(handler.received, "kept in the kernel");
}

TEST_P(Closing, APausedConnectionLearnsOfAResetAtOnce) {
  Recorder handler;
  Descriptor far = connect_bare(address(), handler);
  handler.connection->pause_reading();
  send_all(far, "pending");
  settle();
  reset(far);
  EXPECT_TRUE(until([&] { return handler.closes == 1; }));
}

TEST_P(Closing, AResetRightBehindBytesIsTold) {
  Recorder handler;
  Descriptor far = connect_bare(address(), handler);
  settle();
  send_all(far, "first");
  reset(far);
  EXPECT_TRUE(until([&] { return handler.closes == 1; }));
}

TEST_P(Closing, BytesDeclinedForEverDoNotHideTheEnd) {
  Recorder handler;
  Descriptor far = connect_bare(address(), handler);
  handler.take = [](std::string_view) { return 0; };
  send_all(far, "half a mess");
  settle();
  far.reset();
  EXPECT_TRUE(until([&] { return handler.closes == 1; }));
}

TEST_P(Closing, APeersLastWordsSurviveAFailureToSend) {
  Recorder handler;
  Descriptor far = connect_bare(address(), handler);
  say(handler, "a question that is never read");
  settle();
  send_all(far, "too many clients");
  far.reset();  // resets: the question is unread
  say(handler, "another");
  ASSERT_TRUE(until([&] { return handler.closes == 1; }));
  EXPECT_EQ(handler.received, "too many clients");
}

TEST_P(Closing, APeerThatLeavesWhileItIsSentToIsNoticed) {
  Recorder handler;
  Descriptor far = connect_bare(address(), handler);
  handler.connection->pause_reading();
  say(handler, std::string(16 << 20, 'x'));
  settle();
  far.reset();
  EXPECT_TRUE(until([&] { return handler.closes == 1; }));
}

TEST_P(Closing, WhoeverClosesIsNotCalledAnyMore) {
  Recorder near;
  Recorder far;
  connect_pair(address(), near, far);
  say(far, "on its way");
  near.connection->close();
  ASSERT_TRUE(until([&] { return far.closes == 1; }));
  EXPECT_EQ(near.closes, 0);
  EXPECT_EQ(near.received, "");
}

TEST_P(Closing, AHandlerMayDieInsideItsOwnCallbacks) {
  auto near = std::make_unique<Recorder>();
  Recorder far;
  connect_pair(address(), *near, far);
  near->take = [&near](std::string_view bytes) {
    const std::size_t all = bytes.size();
    near->connection->close();
    near.reset();
    return all;
  };
  say(far, "die");
  ASSERT_TRUE(until([&] { return far.closes == 1; }));
  EXPECT_EQ(near, nullptr);

  auto doomed = std::make_unique<Recorder>();
  Recorder killer;
  connect_pair(address(), *doomed, killer);
  doomed->closed = [&] { doomed.reset(); };
  killer.connection->close();
  EXPECT_TRUE(until([&] { return doomed == nullptr; }));
}

// Every pair has an event waiting when the first callback closes all of them and opens new ones,
// which the kernel gives the same descriptors.
TEST_P(Closing, EventsOfTheSameTurnDoNotReachTheClosed) {
  constexpr std::size_t k_pairs = 50;
  std::vector<Recorder> old(k_pairs);
  std::vector<Descriptor> far;
  for (Recorder& each : old) far.push_back(connect_bare(address(), each));

  std::vector<Recorder> fresh(k_pairs);
  std::vector<Descriptor> fresh_far;
  int calls = 0;
  for (Recorder& each : old) {
    each.take = [&](std::string_view bytes) {
      ++calls;
      for (Recorder& other : old) other.connection->close();
      for (Recorder& next : fresh) {
        int ends[2];
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        next.connection = reactor_.adopt(ends[0], next);
        fresh_far.emplace_back(ends[1]);
      }
      return bytes.size();
    };
  }
  for (const Descriptor& each : far) send_all(each, "event");
  ASSERT_TRUE(until([&] { return calls > 0; }));
  settle();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(reactor_.connections(), k_pairs);
  for (const Recorder& each : fresh) EXPECT_EQ(each.received + each.why, "");
}

TEST_P(Closing, CloseAfterFlushDeliversEverythingToATalkativePeer) {
  Recorder near;
  Recorder far;
  connect_pair(address(), near, far);
  const std::string answer(8 << 20, 'x');
  say(far, "a question that nobody reads");
  say(near, answer);
  near.connection->close_after_flush();
  ASSERT_TRUE(until([&] {
    if (far.closes == 0) say(far, "and more of it");
    return far.closes == 1;
  }));
  EXPECT_EQ(far.received.size(), answer.size());
  EXPECT_TRUE(until([&] { return reactor_.connections() == 0; }));
  EXPECT_EQ(near.closes, 0);
}

TEST_P(Closing, CloseAfterFlushSendsToAPeerThatHasEndedItsOwnStream) {
  Recorder near;
  Descriptor far = connect_bare(address(), near);
  near.connection->pause_reading();
  const std::string answer(8 << 20, 'x');
  say(near, answer);
  near.connection->close_after_flush();
  shutdown(far.get(), SHUT_WR);
  settle();
  EXPECT_EQ(reactor_.connections(), 1U);
  Recorder reader;
  reader.connection = reactor_.adopt(far.release(), reader);
  ASSERT_TRUE(until([&] { return reader.closes == 1; }));
  EXPECT_EQ(reader.received.size(), answer.size());
}

TEST_F(NetTest, ALingeringConnectionHasALimit) {
  Recorder tcp;
  Recorder local;
  const Descriptor silent = connect_bare(tcp_address(), tcp);
  const Descriptor stuck = connect_bare(unix_address(), local);
  say(local, std::string(8 << 20, 'x'));
  const Instant start = now();
  tcp.connection->close_after_flush();
  local.connection->close_after_flush();
  ASSERT_TRUE(until([&] { return reactor_.connections() == 0; }));
  EXPECT_GE(now() - start, Connection::k_linger);
}

}  // namespace
}  // namespace tidemark::net
