// The virtual clock and what is to happen when. Nothing else in the simulation knows the time.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "base/instant.h"

namespace tidemark::simulation {

class Events {
 public:
  using Action = std::function<void()>;

  // No two events share an instant, so that "before" always has a meaning.
  Instant now() const { return now_; }

  void at(Instant when, Action action) {
    heap_.push_back({std::max(when, now_), next_++, std::move(action)});
    std::push_heap(heap_.begin(), heap_.end(), Later());
  }
  void after(Duration delay, Action action) { at(now_ + delay, std::move(action)); }

  // The next event happens. False if there is none.
  bool step() {
    if (heap_.empty()) return false;
    std::pop_heap(heap_.begin(), heap_.end(), Later());
    Event event = std::move(heap_.back());
    heap_.pop_back();
    now_ = std::max(event.when, now_ + Duration(1));
    event.action();
    return true;
  }

 private:
  struct Event {
    Instant when;
    std::uint64_t number = 0;
    Action action;
  };
  struct Later {
    bool operator()(const Event& one, const Event& other) const {
      return std::pair(one.when, one.number) > std::pair(other.when, other.number);
    }
  };

  Instant now_{std::chrono::seconds(1000)};
  std::uint64_t next_ = 0;
  std::vector<Event> heap_;
};

}  // namespace tidemark::simulation
