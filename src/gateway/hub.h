// What the workers of one gateway share.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consistency/policy.h"
#include "gateway/cancel_registry.h"
#include "gateway/catalogue_loader.h"
#include "gateway/config.h"
#include "gateway/monitor.h"
#include "gateway/session_registry.h"
#include "gateway/shared_writes.h"
#include "gateway/users.h"
#include "net/address.h"
#include "net/backend.h"

namespace tidemark::gateway {

// The part of the configuration that a reload may replace. Immutable once published.
struct Live {
  Config config;
  Users users;
  consistency::Policy policy;  // of the configuration's rules
};

class Worker;

// Thread rule: filled in before the workers start; then everything may be called from any thread.
struct Hub {
  std::vector<net::Address> nodes;  // resolved, in the order of the configuration
  net::BackendKind backend = net::BackendKind::k_epoll;  // of the workers' reactors
  Monitor* monitor = nullptr;
  CatalogueLoader* catalogues = nullptr;
  CancelRegistry cancels;
  std::vector<Worker*> workers;
  std::unique_ptr<SessionRegistry> sessions;
  std::unique_ptr<SharedWrites> table_writes;  // null unless all writes were said to come here
  std::string scram_seed;                      // of secrets for users that do not exist
  std::string token_key;                       // of the tokens, where the configuration has none

  std::shared_ptr<const Live> live() const {
    const std::scoped_lock lock(mutex_);
    return live_;
  }
  void set_live(std::shared_ptr<const Live> live) {
    const std::scoped_lock lock(mutex_);
    live_ = std::move(live);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Live> live_;  // guarded by mutex_
};

}  // namespace tidemark::gateway
