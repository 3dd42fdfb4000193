// Who may be cancelled by which key: the pairs of process id and secret that clients were greeted
// with, over all workers. Thread rule: any thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace tidemark::gateway {

// A secret has four bytes, as in protocol 3.0; whoever sends another length cancels nobody.
class CancelRegistry {
 public:
  using Secret = std::array<char, 4>;

  struct Key {
    std::uint32_t pid = 0;
    Secret secret{};

    bool operator==(const Key&) const = default;
    std::string_view secret_bytes() const { return {secret.data(), secret.size()}; }
  };

  struct Target {
    std::size_t worker = 0;
    std::uint64_t client = 0;
  };

  // Nothing if it is not as long as those that are given out.
  static std::optional<Key> key_of(std::uint32_t pid, std::string_view secret) {
    Key key{.pid = pid};
    if (secret.size() != key.secret.size()) return std::nullopt;
    secret.copy(key.secret.data(), key.secret.size());
    return key;
  }

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
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return std::hash<std::uint64_t>{}(std::bit_cast<std::uint64_t>(key));
    }
  };

  mutable std::mutex mutex_;
  std::unordered_map<Key, Target, Hash> targets_;  // guarded by mutex_
};

}  // namespace tidemark::gateway
