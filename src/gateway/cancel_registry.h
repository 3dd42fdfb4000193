// Who may be cancelled by which key: the pairs of process id and secret that clients were greeted
// with, over all workers. Thread rule: any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace tidemark::gateway {

class CancelRegistry {
 public:
  struct Target {
    std::size_t worker = 0;
    std::uint64_t client = 0;
  };
  using Key = std::pair<std::uint32_t, std::string>;  // process id, secret

  // False if another client has the key.
  bool add(const Key& key, Target target) {
    const std::scoped_lock lock(mutex_);
    return targets_.emplace(key, target).second;
  }

  void remove(const Key& key) {
    const std::scoped_lock lock(mutex_);
    targets_.erase(key);
  }

  std::optional<Target> find(const Key& key) const {
    const std::scoped_lock lock(mutex_);
    const auto found = targets_.find(key);
    if (found == targets_.end()) return std::nullopt;
    return found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<Key, Target> targets_;  // guarded by mutex_
};

}  // namespace tidemark::gateway
