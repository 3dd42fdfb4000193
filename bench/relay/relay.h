// A TCP relay that delays: every byte, and every end of a stream, arrives half a round trip after
// it was sent, in order, at whatever rate it was sent.
//
// What is read is stamped with the time it is due on the other side. The delay is the same for all,
// so a direction is a queue, and the loop sleeps until the first head of all queues is due. The
// first bytes of a client count as sent a round trip after it connected: the kernel has accepted it
// at once, and over a distance it would have been waiting for its handshake until then.
//
// Thread rule: one thread.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "address.h"

namespace tidemark::bench {

class Relay {
 public:
  using Clock = std::chrono::steady_clock;
  using Instant = Clock::time_point;
  using Duration = std::chrono::nanoseconds;

  explicit Relay(Duration round_trip);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Listens, and returns where. Throws std::runtime_error.
  Address add_link(const Address& listen_at, const Address& target);

  [[noreturn]] void run();

 private:
  static constexpr std::size_t k_read_bytes = 64 * 1024;
  // On its way at once in one direction; beyond it the sender is not read. 1 Gbit/s over 500 ms.
  static constexpr std::size_t k_in_flight_bytes = 64 * 1024 * 1024;
  static constexpr int k_backlog = 4096;
  static constexpr int k_events = 512;

  struct Chunk {
    enum class Kind { k_bytes, k_end, k_reset };
    Instant due;
    Kind kind = Kind::k_bytes;
    std::vector<char> bytes;
  };

  // From one socket to the other. Chunks leave when they are due, or later if the receiver is slow.
  struct Direction {
    int from = -1;
    int to = -1;
    std::deque<Chunk> chunks{};
    std::size_t sent_of_head = 0;
    std::size_t in_flight = 0;
    bool is_read = true;       // no end has been seen yet
    bool is_blocked = false;   // the receiver takes no more at the moment
    bool is_finished = false;  // the end has been passed on
    Instant alarm = Instant::max();
  };

  struct Socket {
    int fd = -1;
    std::uint32_t watched = 0;  // the events that the kernel has been asked for
  };

  struct Pair {
    Socket client, server;
    Instant opened;
    Direction up, down;
  };

  struct Link {
    int listener = -1;
    Address target;
  };

  using Events = std::array<epoll_event, k_events>;

  int wait(Events& events) const;
  void handle(int fd, std::uint32_t events);
  void accept_from(const Link& link);
  void listen_for(std::uint32_t events);
  void receive(Pair& pair, Direction& direction);
  void pass_on_what_is_due();
  void send_due(Pair& pair, Direction& direction);
  static bool send_head(Direction& direction);
  void set_alarm(Pair& pair, Direction& direction);
  void clear_alarm(Direction& direction);
  void watch(Pair& pair);
  void watch(Socket& socket, std::uint32_t wanted);
  void reset(Pair& pair);
  void forget(Pair& pair);

  Duration round_trip_;
  int epoll_;
  Instant now_ = Clock::now();
  std::vector<char> buffer_ = std::vector<char>(k_read_bytes);
  std::unordered_map<int, Link> links_;
  std::unordered_map<int, std::shared_ptr<Pair>> pairs_;  // under both of its sockets
  std::multimap<Instant, std::pair<std::shared_ptr<Pair>, Direction*>> alarms_;
  std::vector<int> closing_;  // at the end of the turn: until then their numbers stay taken
};

}  // namespace tidemark::bench
