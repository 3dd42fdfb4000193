// A few clients of the demo that update and read counters of their own through the gateway, and
// mind whether any read misses their own last update.
// Thread rule: the object is the main thread's; each client runs in a thread of its own.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace tidemark::cli {

class DemoLoad {
 public:
  static constexpr int k_clients = 4;

  struct Counts {
    long writes = 0;
    long reads = 0;
    long stale = 0;  // reads that missed the client's own last update
    long errors = 0;
    std::string first_error;
    std::map<std::string, long> reads_by;  // by the node that served them
  };

  DemoLoad(int port, std::string database) : port_(port), database_(std::move(database)) {}
  ~DemoLoad() { stop(); }

  void start();
  void stop();

  Counts counts() const;

 private:
  void work(int client);

  const int port_;
  const std::string database_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  Counts counts_;  // guarded by mutex_
  std::vector<std::jthread> threads_;
};

}  // namespace tidemark::cli
