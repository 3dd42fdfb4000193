#include "gateway/session_registry.h"

#include <algorithm>
#include <optional>

#include "routing/forget.h"
#include "routing/settle.h"

namespace tidemark::gateway {

using consistency::Lsn;
using consistency::Position;
using consistency::Session;
using session::Refusal;
using topology::ClusterView;

namespace {

Refusal key_too_long(std::size_t size) {
  return {"22023",
          "invalid value for parameter \"tidemark.session\": the key has " + std::to_string(size) +
              " bytes, and the limit is " + std::to_string(SessionRegistry::k_max_key_size),
          {},
          "Use a shorter key, or a hash of this one."};
}

Refusal no_beginning() {
  return {"57P03",
          "no session can be shared yet: no primary has been seen since the gateway started",
          {},
          "Try again once the primary can be reached."};
}

Refusal no_room(std::size_t limit) {
  return {"53400",
          "there is no room for another shared session: " + std::to_string(limit) +
              " are remembered, and none of them can be forgotten now",
          {},
          "Raise consistency.max_sessions, or see why samples of the nodes are missing."};
}

// An entry of the map besides what the string may hold elsewhere: the node's link and hash, what
// the allocator adds, and its share of the buckets.
constexpr std::size_t k_overhead = 16 + 16 + 8;

// What a string holds elsewhere.
std::size_t bytes_outside(const std::string& key) {
  const std::string none;
  return key.capacity() > none.capacity() ? key.capacity() + 1 : 0;
}

}  // namespace

std::expected<SessionRegistry::Held, Refusal> SessionRegistry::hold(std::string_view key,
                                                                    Room room) {
  if (key.size() > k_max_key_size) return std::unexpected(key_too_long(key.size()));
  Shard& shard = shard_of(Hash{}(key));
  std::unique_lock lock(shard.mutex);
  const auto found = shard.sessions.find(key);
  if (found != shard.sessions.end()) return Held{std::move(lock), &shard, &found->second};
  if (count_ < max_sessions_) return add(key, std::move(lock));
  // Locks other shards, too, and two at once would be one too many.
  lock.unlock();
  const bool has_room = make_room(static_cast<std::size_t>(&shard - shards_.data()));
  if (!has_room && room == Room::k_limited) {
    ++refused_;
    return std::unexpected(no_room(max_sessions_));
  }
  lock.lock();
  return add(key, std::move(lock));
}

// The horizon is asked under the lock of the shard, after which nobody can have forgotten the key
// with a higher floor. Another thread may have added it since it was looked for.
std::expected<SessionRegistry::Held, Refusal> SessionRegistry::add(
    std::string_view key, std::unique_lock<std::mutex> lock) {
  Shard& shard = shard_of(Hash{}(key));
  const auto [entry, is_new] = shard.sessions.try_emplace(std::string(key));
  if (!is_new) return Held{std::move(lock), &shard, &entry->second};
  const std::scoped_lock on_horizon(horizon_mutex_);
  if (!horizon_.has_begun()) {
    shard.sessions.erase(entry);
    return std::unexpected(no_beginning());
  }
  horizon_.start(Hash{}(key), entry->second);
  shard.outside += entry->second.bytes_outside();
  ++count_;
  key_bytes_ += bytes_outside(entry->first);
  return Held{std::move(lock), &shard, &entry->second};
}

// The horizon rises before the session goes, under the lock of the shard: whoever finds the key
// missing finds the horizon raised. False if the session must stay.
bool SessionRegistry::forget(Shard& shard, Sessions::iterator which, Position floor) {
  {
    const std::scoped_lock on_horizon(horizon_mutex_);
    if (!horizon_.take(Hash{}(which->first), floor)) return false;
  }
  key_bytes_ -= bytes_outside(which->first);
  shard.outside -= which->second.bytes_outside();
  --count_;
  shard.sessions.erase(which);
  return true;
}

bool SessionRegistry::make_room(std::size_t first) {
  for (std::size_t step = 0; step < k_shards; ++step) {
    Shard& shard = shards_[(first + step) % k_shards];
    const std::scoped_lock lock(shard.mutex);
    if (evict_from(shard)) return true;
  }
  return false;
}

// Of the next k_batch sessions, the one goes whose floor is the lowest: it raises the horizon
// least. One that no position stands for stays, as what it says would be lost: there each promise
// outranks a new key.
bool SessionRegistry::evict_from(Shard& shard) {
  Sessions& sessions = shard.sessions;
  const std::string* cheapest = nullptr;
  Position lowest;
  std::size_t looked_at = 0;
  for (std::size_t step = 0; step < sessions.bucket_count() && looked_at < k_batch; ++step) {
    const std::size_t bucket = shard.to_evict++ % sessions.bucket_count();
    for (auto entry = sessions.begin(bucket); entry != sessions.end(bucket); ++entry) {
      ++looked_at;
      const auto floor = routing::floor_of_all(entry->second);
      if (!floor || (cheapest != nullptr && floor->lsn >= lowest.lsn)) continue;
      cheapest = &entry->first;
      lowest = *floor;
    }
  }
  if (cheapest == nullptr || !forget(shard, sessions.find(*cheapest), lowest)) return false;
  ++evicted_;
  return true;
}

std::size_t SessionRegistry::sweep(const ClusterView& view, std::size_t budget) {
  const std::scoped_lock sweeping(sweep_mutex_);
  {
    const std::scoped_lock on_horizon(horizon_mutex_);
    horizon_.follow(view);
  }
  if (was_empty_ && count_ == 0) return 0;
  std::size_t forgotten = 0;
  std::size_t finished = 0;
  while (finished < k_shards && budget > 0) {
    Shard& shard = shards_[sweep_shard_];
    const std::scoped_lock lock(shard.mutex);
    if (!sweep_batch(shard, view, budget, forgotten)) continue;
    sweep_shard_ = (sweep_shard_ + 1) % k_shards;
    ++finished;
  }
  was_empty_ = finished == k_shards && count_ == 0;
  forgotten_ += forgotten;
  return forgotten;
}

// True at the end of the shard.
bool SessionRegistry::sweep_batch(Shard& shard, const ClusterView& view, std::size_t& budget,
                                  std::size_t& forgotten) {
  Sessions& sessions = shard.sessions;
  for (std::size_t looked_at = 0; shard.cursor < sessions.bucket_count();) {
    if (looked_at >= k_batch || budget == 0) return false;
    // An empty bucket counts, too.
    const std::size_t cost = std::max(sweep_bucket(shard, view, forgotten), std::size_t{1});
    looked_at += cost;
    budget -= std::min(cost, budget);
  }
  shard.cursor = 0;
  // Many sessions at once leave many buckets behind.
  if (sessions.bucket_count() > 64 && sessions.size() < sessions.bucket_count() / 8) {
    sessions.rehash(0);
  }
  return true;
}

std::size_t SessionRegistry::sweep_bucket(Shard& shard, const ClusterView& view,
                                          std::size_t& forgotten) {
  Sessions& sessions = shard.sessions;
  const std::size_t bucket = shard.cursor++;
  std::size_t looked_at = 0;
  for (auto entry = sessions.begin(bucket); entry != sessions.end(bucket);) {
    auto& [key, session] = *entry++;
    ++looked_at;
    {
      const Weighing weighing(shard, session);
      routing::settle(session, view);
    }
    const auto floor = routing::floor_to_forget(session, view);
    if (floor && forget(shard, sessions.find(key), *floor)) ++forgotten;
  }
  return looked_at;
}

SessionRegistry::Stats SessionRegistry::stats() const {
  Stats stats{.forgotten = forgotten_, .evicted = evicted_, .refused = refused_};
  stats.sessions = count_;
  stats.bytes =
      sizeof(*this) + key_bytes_ + stats.sessions * (sizeof(Sessions::value_type) + k_overhead);
  for (const Shard& shard : shards_) {
    const std::scoped_lock lock(shard.mutex);
    stats.bytes += shard.outside;
  }
  const std::scoped_lock on_horizon(horizon_mutex_);
  stats.bytes += horizon_.bytes();
  stats.horizon = horizon_.position();
  stats.horizon_was_lost = horizon_.was_lost();
  return stats;
}

}  // namespace tidemark::gateway
