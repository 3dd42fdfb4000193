// Where the monitor hangs its latest view of the cluster for the workers to read.
// Thread rule: one thread publishes, any thread reads. version() is cheap enough to ask for every
// statement; latest() takes a short lock and is for when the version has moved.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "topology/cluster_view.h"

namespace tidemark::gateway {

class ViewBoard {
 public:
  // on_publish runs on the publishing thread after each new view; it must not block.
  explicit ViewBoard(std::function<void()> on_publish) : on_publish_(std::move(on_publish)) {}

  // Never null once the monitor has been constructed.
  std::shared_ptr<const topology::ClusterView> latest() const {
    const std::scoped_lock lock(mutex_);
    return view_;
  }

  // Grows with every view. A reader that sees version n gets view n or a later one from latest().
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  void publish(std::shared_ptr<const topology::ClusterView> view) {
    {
      const std::scoped_lock lock(mutex_);
      view_.swap(view);
      version_.fetch_add(1, std::memory_order_release);
    }
    if (on_publish_) on_publish_();
  }

 private:
  const std::function<void()> on_publish_;
  mutable std::mutex mutex_;
  std::shared_ptr<const topology::ClusterView> view_;  // guarded by mutex_
  std::atomic<std::uint64_t> version_ = 0;
};

}  // namespace tidemark::gateway
