// Random schedules of everything an owner may do, on all connections, inside all callbacks.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "net/connection.h"
#include "net/testing.h"

namespace tidemark::net {
namespace {

constexpr std::size_t k_alive = 40;

// Byte number n of a stream is n modulo 251, so that each end can check what it gets.
struct End : Handler {
  Connection* connection = nullptr;  // null once it is over
  std::size_t sent = 0;
  std::size_t received = 0;
  std::function<void()> misbehave;

  std::size_t on_bytes(std::string_view bytes) override;
  void on_drained() override { misbehave(); }
  void on_closed(const Error&) override {
    EXPECT_NE(connection, nullptr) << "told twice, or after close()";
    connection = nullptr;
    misbehave();
  }
  void speak(std::size_t count) {
    std::string bytes;
    for (; count > 0; --count) bytes += static_cast<char>(sent++ % 251);
    connection->out().append(bytes);
    connection->flush_later();
  }
};

std::size_t End::on_bytes(std::string_view bytes) {
  EXPECT_NE(connection, nullptr) << "offered after the end";
  EXPECT_TRUE(connection->reading());
  const std::size_t taken = bytes.size() > 1 ? bytes.size() - bytes.size() / 3 : bytes.size();
  for (std::size_t i = 0; i < taken; ++i) {
    EXPECT_EQ(static_cast<unsigned char>(bytes[i]), received++ % 251);
  }
  misbehave();
  return taken;
}

class Chaos : public NetTest, public testing::WithParamInterface<unsigned> {
 public:
  Chaos() : random_(GetParam()) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  void open_pair() {
    int fds[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    for (const int fd : fds) {
      End& end = *ends_.emplace_back(std::make_unique<End>());
      end.misbehave = [this] { act(); };
      end.connection = reactor_.adopt(fd, end);
    }
  }

  // One random act upon one random connection that is not over.
  void act() {
    End& end = *ends_[ends_.size() - 1 - below(std::min(ends_.size(), k_alive))];
    if (end.connection == nullptr) return;
    switch (below(12)) {
      case 0:
        return std::exchange(end.connection, nullptr)->close();
      case 1:
        return std::exchange(end.connection, nullptr)->close_after_flush();
      case 2:
        shutdown(end.connection->fd(), below(2) == 0 ? SHUT_WR : SHUT_RDWR);
        return;
      case 3:
      case 4:
        return end.connection->pause_reading();
      case 5:
      case 6:
      case 7:
        return end.connection->resume_reading();
      default:
        return end.speak(below(4) == 0 ? below(400'000) : below(100));
    }
  }

 protected:
  std::mt19937 random_;
  std::vector<std::unique_ptr<End>> ends_;
};
INSTANTIATE_TEST_SUITE_P(Seeds, Chaos, testing::Range(1U, 9U));

TEST_P(Chaos, EveryConnectionEndsOnceAndNoByteIsOutOfPlace) {
  for (int round = 0; round < 400; ++round) {
    if (ends_.size() < k_alive || below(3) == 0) open_pair();
    for (std::size_t i = below(20); i > 0; --i) act();
    reactor_.turn(now());
  }
  for (const auto& end : ends_) {
    end->misbehave = [] {};
    if (end->connection != nullptr) end->connection->resume_reading();
  }
  for (std::size_t i = 0; i < ends_.size(); i += 2) {
    if (ends_[i]->connection != nullptr) std::exchange(ends_[i]->connection, nullptr)->close();
  }
  EXPECT_TRUE(until([&] {
    return reactor_.connections() == 0 &&
           std::ranges::all_of(ends_, [](const auto& end) { return end->connection == nullptr; });
  }));
}

}  // namespace
}  // namespace tidemark::net
