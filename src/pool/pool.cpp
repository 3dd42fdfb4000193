#include "pool/pool.h"

#include <algorithm>

#include "base/check.h"

namespace tidemark::pool {

Grant Pool::ask(ClientId client, KeyId key, ServerId preferred, bool fresh) {
  if (!fresh) {
    auto found = std::find_if(idle_.begin(), idle_.end(), [&](const Idle& idle) {
      return idle.server == preferred && idle.key == key;
    });
    if (found == idle_.end()) {
      const auto recent = std::find_if(idle_.rbegin(), idle_.rend(),
                                       [&](const Idle& idle) { return idle.key == key; });
      if (recent != idle_.rend()) found = std::prev(recent.base());
    }
    if (found != idle_.end()) {
      const ServerId server = found->server;
      keys_.emplace_back(server, key);
      idle_.erase(found);
      return {.kind = Grant::Kind::k_use, .client = client, .key = key, .server = server};
    }
  }
  const Waiter waiter{client, key, fresh};
  if (total_ < size_ || !idle_.empty()) return open_for(waiter);
  queue_.push_back(waiter);
  return {.kind = Grant::Kind::k_wait, .client = client, .key = key};
}

// REQUIRES: a place is free, or an idle connection can give up its own.
Grant Pool::open_for(const Waiter& waiter) {
  Grant grant{.kind = Grant::Kind::k_open, .client = waiter.client, .key = waiter.key};
  if (total_ < size_) {
    ++total_;
    return grant;
  }
  CHECK(!idle_.empty());
  grant.evicted = idle_.front().server;
  idle_.erase(idle_.begin());
  return grant;
}

void Pool::opened(ServerId server, KeyId key) { keys_.emplace_back(server, key); }

std::optional<Grant> Pool::release(ServerId server, Instant now) {
  const auto found = std::find_if(keys_.begin(), keys_.end(),
                                  [&](const auto& entry) { return entry.first == server; });
  CHECK(found != keys_.end());
  idle_.push_back({server, found->second, now});
  keys_.erase(found);
  return serve_queue();
}

std::optional<Grant> Pool::gone(ServerId server) {
  CHECK(total_ > 0);
  --total_;
  std::erase_if(keys_, [&](const auto& entry) { return entry.first == server; });
  return serve_queue();
}

std::optional<Grant> Pool::idle_gone(ServerId server) {
  const std::size_t erased =
      std::erase_if(idle_, [&](const Idle& idle) { return idle.server == server; });
  total_ -= erased;
  return serve_queue();
}

std::optional<Grant> Pool::serve_queue() {
  if (queue_.empty() || (idle_.empty() && total_ >= size_)) return std::nullopt;
  const Waiter waiter = queue_.front();
  queue_.pop_front();
  return ask(waiter.client, waiter.key, 0, waiter.fresh);
}

void Pool::forget(ClientId client) {
  std::erase_if(queue_, [&](const Waiter& waiter) { return waiter.client == client; });
}

std::vector<ServerId> Pool::expire(Instant before) {
  std::vector<ServerId> expired;
  while (!idle_.empty() && idle_.front().since < before) {
    expired.push_back(idle_.front().server);
    idle_.erase(idle_.begin());
    --total_;
  }
  return expired;
}

}  // namespace tidemark::pool
