// Bytes: how they are offered, kept, pushed back and sent.
#include "net/connection.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "net/testing.h"

namespace tidemark::net {
namespace {

class ConnectionBytes : public StreamTest {};
INSTANTIATE_TEST_SUITE_P(Over, ConnectionBytes, testing::Values("Tcp", "Unix"), StreamTest::name);

// A stream that shows at once when a byte is lost, doubled or out of place.
char pattern(std::size_t position) { return static_cast<char>(position * 2654435761U >> 13); }

struct Echo : Recorder {
  std::size_t on_bytes(std::string_view bytes) override {
    say(*this, bytes);
    if (connection->unsent() > Connection::k_high_water) connection->pause_reading();
    return bytes.size();
  }
  void on_drained() override { connection->resume_reading(); }
};

// Sends the pattern as fast as it drains and compares what comes back.
struct Source : Recorder {
  explicit Source(std::size_t all) : total(all) {}

  void produce() {
    std::string chunk;
    while (sent < total && connection->unsent() <= Connection::k_high_water) {
      chunk.clear();
      for (; sent < total && chunk.size() < 50'000; ++sent) chunk += pattern(sent);
      say(*this, chunk);
    }
  }
  void on_drained() override { produce(); }
  std::size_t on_bytes(std::string_view bytes) override {
    for (const char byte : bytes) wrong += byte != pattern(returned++);
    return bytes.size();
  }

  std::size_t total;
  std::size_t sent = 0;
  std::size_t returned = 0;
  std::size_t wrong = 0;
};

TEST_P(ConnectionBytes, FiftyMegabytesTravelBothWaysAtOnce) {
  constexpr std::size_t k_total = 50'000'000;
  Source source(k_total);
  Echo echo;
  connect_pair(address(), source, echo);
  source.produce();
  ASSERT_TRUE(until([&] { return source.returned == k_total; }));
  EXPECT_EQ(source.wrong, 0U);
  EXPECT_EQ(source.connection->unsent(), 0U);
}

TEST_P(ConnectionBytes, TwoReactorsInTwoThreadsSpeakToEachOther) {
  constexpr std::size_t k_total = 5'000'000;
  Source source(k_total);
  int far = connect_bare(address(), source).release();
  Reactor other{test_backend()};
  Echo echo;
  other.post([&] { echo.connection = other.adopt(far, echo); });
  std::thread thread([&] { other.run(); });
  source.produce();
  EXPECT_TRUE(until([&] { return source.returned == k_total; }));
  other.stop();
  thread.join();
  EXPECT_EQ(source.wrong, 0U);
}

TEST_P(ConnectionBytes, APausedReaderStopsTheSender) {
  Recorder sender;
  Recorder reader;
  connect_pair(address(), sender, reader);
  reader.connection->pause_reading();
  const std::string much(32 << 20, 'x');
  say(sender, much);
  settle();
  const std::size_t stuck = sender.connection->unsent();
  EXPECT_GT(stuck, Connection::k_high_water);
  EXPECT_LT(stuck, much.size());
  settle();
  EXPECT_EQ(sender.connection->unsent(), stuck);
  EXPECT_TRUE(reader.received.empty());
  EXPECT_EQ(sender.drains, 0);

  reader.connection->resume_reading();
  ASSERT_TRUE(until([&] { return reader.received.size() == much.size(); }));
  EXPECT_TRUE(until([&] { return sender.drains == 1; }));
}

TEST_P(ConnectionBytes, DrainedIsToldOnlyAboveTheHighWaterMark) {
  Recorder sender;
  Recorder reader;
  connect_pair(address(), sender, reader);
  say(sender, "little");
  ASSERT_TRUE(until([&] { return reader.received == "little"; }));
  EXPECT_EQ(sender.drains, 0);
  say(sender, std::string(Connection::k_high_water + 1, 'x'));
  EXPECT_TRUE(until([&] { return sender.drains == 1; }));
}

TEST_P(ConnectionBytes, WhatOneHasSentInIsTheNextOnesStorage) {
  Recorder one;
  Recorder other;
  connect_pair(address(), one, other);
  const std::string question(4 * Buffer::Storage::k_first, '?');
  say(one, question);
  ASSERT_TRUE(until([&] { return other.received == question; }));
  EXPECT_FALSE(one.connection->out().has_storage()) << "nothing is to be sent";
  say(other, "answer");
  EXPECT_GE(other.connection->out().tail().capacity(), question.size());
  ASSERT_TRUE(until([&] { return one.received == "answer"; }));
  EXPECT_FALSE(other.connection->out().has_storage());
}

TEST_P(ConnectionBytes, StorageThatWasTakenForNothingIsGivenBackWithTheEndOfTheTurn) {
  Recorder one;
  Recorder other;
  connect_pair(address(), one, other);
  one.connection->out().tail();
  EXPECT_TRUE(one.connection->out().has_storage());
  one.connection->flush_later();
  settle();
  EXPECT_FALSE(one.connection->out().has_storage());
}

TEST_P(ConnectionBytes, WhatIsDeclinedIsOfferedAgainWithWhatFollows) {
  Recorder sender;
  Recorder reader;
  connect_pair(address(), sender, reader);
  std::vector<std::string> offers;
  reader.take = [&](std::string_view bytes) {  // whole words only
    offers.emplace_back(bytes);
    return bytes.rfind(' ') + 1;
  };
  for (const char* part : {"one tw", "o", " three ", "!"}) {
    const std::size_t before = offers.size();
    say(sender, part);
    ASSERT_TRUE(until([&] { return offers.size() > before; }));
  }
  EXPECT_EQ(offers, (std::vector<std::string>{"one tw", "two", "two three ", "!"}));
}

TEST_P(ConnectionBytes, ResumingOffersWhatWasDeclinedWithoutANewByte) {
  Recorder sender;
  Recorder reader;
  connect_pair(address(), sender, reader);
  bool ready = false;
  int offers = 0;
  reader.take = [&](std::string_view bytes) -> std::size_t {
    ++offers;
    if (!ready) {
      reader.connection->pause_reading();
      return 1;
    }
    reader.received += bytes;
    return bytes.size();
  };
  say(sender, "abc");
  ASSERT_TRUE(until([&] { return offers == 1; }));
  say(sender, "def");
  settle();
  EXPECT_EQ(offers, 1);
  ready = true;
  reader.connection->resume_reading();
  ASSERT_TRUE(until([&] { return reader.received == "bcdef"; }));
}

TEST_P(ConnectionBytes, AResumeInsideOnBytesOffersTheRestOnceMore) {
  Recorder sender;
  Recorder reader;
  connect_pair(address(), sender, reader);
  reader.take = [&](std::string_view bytes) -> std::size_t {  // a byte at a time
    reader.received += bytes[0];
    reader.connection->resume_reading();
    return 1;
  };
  say(sender, "abc");
  EXPECT_TRUE(until([&] { return reader.received == "abc"; }));
}

TEST_P(ConnectionBytes, BytesAppendedBeforeTheConnectionStandsAreSentOnceItDoes) {
  Listener* listener = listen(address());
  Recorder handler;
  handler.connection = reactor_.connect(parse(listener->bound().to_string()), handler);
  say(handler, "early");
  ASSERT_TRUE(until([&] { return !accepted_.empty(); }));
  Recorder far;
  far.connection = reactor_.adopt(accepted_.back().release(), far);
  EXPECT_TRUE(until([&] { return far.received == "early"; }));
  EXPECT_EQ(handler.connects, 1);
}

TEST_P(ConnectionBytes, APeerIsDescribed) {
  Recorder near;
  Recorder far;
  connect_pair(address(), near, far);
  EXPECT_EQ(near.connection->is_unix(), is_unix());
  EXPECT_EQ(far.connection->is_unix(), is_unix());
  EXPECT_TRUE(near.connection->is_loopback());
  EXPECT_TRUE(far.connection->is_loopback());
  EXPECT_TRUE(far.connection->peer().starts_with(is_unix() ? "unix:" : "127.0.0.1:"));
}

}  // namespace
}  // namespace tidemark::net
