// Which server connection serves whom: the connections of one node for one database and user, on
// one worker. Counts and queues only; opening and closing is the shell's. Connections are told
// apart by their key: what they were opened with must be the client's own.
//
// A free connection goes to the client that used it last if that client asks, otherwise the one
// used most recently goes, so that the others may be let go. Clients that find none wait in the
// order in which they came. Thread rule: confined to one worker. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/instant.h"

namespace tidemark::pool {

using ServerId = std::uint64_t;  // 0: none
using ClientId = std::uint64_t;
using KeyId = std::uint64_t;

// What is to be done for a client.
struct Grant {
  enum class Kind : std::uint8_t {
    k_use,   // `server` is the client's now
    k_open,  // open a new connection for it: its place is taken
    k_wait,  // it waits in the queue
  };
  Kind kind = Kind::k_wait;
  ClientId client = 0;
  KeyId key = 0;
  ServerId server = 0;
  ServerId evicted = 0;  // close this idle connection first: its place goes to the new one
};

class Pool {
 public:
  // At most `size` connections, at least one.
  explicit Pool(std::size_t size) : size_(size == 0 ? 1 : size) {}

  // `preferred`: the connection that the client used last. `fresh`: none that exists will do.
  Grant ask(ClientId client, KeyId key, ServerId preferred, bool fresh);

  // A connection that k_open asked for is there, and in use.
  void opened(ServerId server, KeyId key);

  // A connection is free again. The answer, if any, is for the client at the head of the queue.
  std::optional<Grant> release(ServerId server, Instant now);

  // A connection in use is gone (0: one that could not be opened). Likewise.
  std::optional<Grant> gone(ServerId server);

  // A connection not in use is gone. Likewise.
  std::optional<Grant> idle_gone(ServerId server);

  // The client waits no longer.
  void forget(ClientId client);

  // Idle connections unused since before the instant: they are the caller's to close, and are
  // counted out.
  std::vector<ServerId> expire(Instant before);

  void resize(std::size_t size) { size_ = size == 0 ? 1 : size; }
  std::size_t size() const { return size_; }
  std::size_t in_use() const { return total_ - idle_.size(); }
  std::size_t idle() const { return idle_.size(); }
  std::size_t waiting() const { return queue_.size(); }

 private:
  struct Idle {
    ServerId server;
    KeyId key;
    Instant since;
  };
  struct Waiter {
    ClientId client;
    KeyId key;
    bool fresh;
  };

  std::optional<Grant> serve_queue();
  Grant open_for(const Waiter& waiter);

  std::size_t size_;
  std::size_t total_ = 0;                         // in use, being opened, and idle
  std::vector<Idle> idle_;                        // least recently used first
  std::vector<std::pair<ServerId, KeyId>> keys_;  // of those in use
  std::deque<Waiter> queue_;
};

}  // namespace tidemark::pool
