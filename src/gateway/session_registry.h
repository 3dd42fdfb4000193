// The sessions that many connections share, by key: what each of them requires, for as long as it
// has anything to say. Whatever was forgotten is covered by the horizon (routing/horizon.h), where
// every key that is not known begins; so there is no time to live.
//
// Keys are in shards, each with a lock of its own. Thread rule: any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "consistency/session.h"
#include "routing/horizon.h"
#include "session/own_settings.h"
#include "session/refusal.h"
#include "topology/cluster_view.h"

namespace tidemark::gateway {

// What becomes of a key that is not known where there is no room for another.
enum class Room : std::uint8_t {
  k_limited,   // it is refused
  k_exceeded,  // it is remembered all the same
};

class SessionRegistry {
 public:
  struct Stats {
    std::size_t sessions = 0;     // remembered now
    std::uint64_t forgotten = 0;  // that had nothing left to say
    std::uint64_t evicted = 0;    // to make room, at the price of a higher horizon
    std::uint64_t refused = 0;    // keys, for want of room
    std::size_t bytes = 0;        // about as much memory as all of it takes
    consistency::Position horizon{};
    bool horizon_was_lost = false;
  };

  // Bytes; longer keys are refused.
  static constexpr std::size_t k_max_key_size = session::k_max_session_key;

  // `max_sessions` may be exceeded by as many as there are threads, and by those that must be
  // remembered: at most one for each statement under way.
  explicit SessionRegistry(std::size_t max_sessions) : max_sessions_(max_sessions) {}

  // Calls f(Session&) for the key's session, under the lock of its shard: f is to be quick, and
  // must not come back here. What the session is at its end is remembered. Refused, without calling
  // f:
  // - 57P03 before the first sweep() with a view that has a primary: only then is it known where
  //   sessions begin that an earlier run of the gateway knew;
  // - 53400 where there is no room for another key, and no session that could give way, unless the
  //   room may be exceeded;
  // - 22023 a key that is too long.
  template <class F>
  std::expected<std::invoke_result_t<F, consistency::Session&>, session::Refusal> with(
      std::string_view key, F&& f, Room room = Room::k_limited) {
    auto held = hold(key, room);
    if (!held) return std::unexpected(std::move(held.error()));
    const Weighing weighing(*held->shard, *held->session);
    if constexpr (std::is_void_v<std::invoke_result_t<F, consistency::Session&>>) {
      std::invoke(std::forward<F>(f), *held->session);
      return {};
    } else {
      return std::invoke(std::forward<F>(f), *held->session);
    }
  }

  // To be called with every view, as soon as it can be: the horizon follows it, and the next
  // `budget` sessions are settled with it, those with nothing left to say forgotten. Goes on where
  // the last call stopped, and locks a shard for a few microseconds at a time. Gives how many were
  // forgotten.
  std::size_t sweep(const topology::ClusterView& view, std::size_t budget);

  Stats stats() const;

 private:
  // Finds sessions by views on strings.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>{}(key);
    }
  };
  using Sessions = std::unordered_map<std::string, consistency::Session, Hash, std::equal_to<>>;

  struct alignas(64) Shard {
    mutable std::mutex mutex;
    Sessions sessions;         // guarded by mutex, as are the others
    std::size_t outside = 0;   // bytes that the sessions hold outside of the map
    std::size_t cursor = 0;    // the bucket that the next sweep begins with
    std::size_t to_evict = 0;  // the bucket where room is looked for next
  };

  struct Held {
    std::unique_lock<std::mutex> lock;
    Shard* shard = nullptr;
    consistency::Session* session = nullptr;
  };

  // While a session may change, under its shard's lock: notes what that comes to in memory.
  class Weighing {
   public:
    Weighing(Shard& shard, const consistency::Session& session)
        : shard_(shard), session_(session), before_(session.bytes_outside()) {}
    Weighing(const Weighing&) = delete;
    Weighing& operator=(const Weighing&) = delete;
    ~Weighing() { shard_.outside += session_.bytes_outside() - before_; }

   private:
    Shard& shard_;
    const consistency::Session& session_;
    const std::size_t before_;
  };

  static constexpr std::size_t k_shards = 64;
  // How many sessions are looked at while a shard is locked.
  static constexpr std::size_t k_batch = 64;

  Shard& shard_of(routing::KeyHash hash) { return shards_[hash >> 58]; }

  std::expected<Held, session::Refusal> hold(std::string_view key, Room room);
  std::expected<Held, session::Refusal> add(std::string_view key,
                                            std::unique_lock<std::mutex> lock);
  bool make_room(std::size_t first);
  bool evict_from(Shard& shard);
  bool forget(Shard& shard, Sessions::iterator which, consistency::Position floor);
  std::size_t sweep_bucket(Shard& shard, const topology::ClusterView& view, std::size_t& forgotten);
  bool sweep_batch(Shard& shard, const topology::ClusterView& view, std::size_t& budget,
                   std::size_t& forgotten);

  const std::size_t max_sessions_;
  std::array<Shard, k_shards> shards_;
  std::atomic<std::size_t> count_ = 0;
  std::atomic<std::size_t> key_bytes_ = 0;  // of the keys that a string keeps elsewhere
  std::atomic<std::uint64_t> forgotten_ = 0;
  std::atomic<std::uint64_t> evicted_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;

  std::mutex sweep_mutex_;       // one sweep at a time
  std::size_t sweep_shard_ = 0;  // guarded by sweep_mutex_, as is the next
  bool was_empty_ = false;       // behind a sweep of all shards, none of which holds on to memory

  // Locked last, after that of a shard.
  mutable std::mutex horizon_mutex_;
  routing::Horizon horizon_;  // guarded by horizon_mutex_
};

}  // namespace tidemark::gateway
