// Timers by the thousand: a binary heap of deadlines over a table of callbacks. Cancelling frees
// the callback at once and leaves its entry in the heap to be skipped; when more than half of the
// heap is such husks it is rebuilt, so that adding and cancelling cost O(log n) amortised, and
// memory stays proportional to the timers alive. Thread rule: confined to one thread. Reads no
// clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/instant.h"

namespace tidemark::net {

// Names a timer that was added. Trivially copied; the default one names none. A timer that has
// fired or was cancelled is named by nothing any more, so a stale handle does no harm.
class Timer {
 public:
  Timer() = default;
  explicit operator bool() const { return generation_ != 0; }

 private:
  friend class Timers;
  Timer(std::uint32_t slot, std::uint32_t generation) : slot_(slot), generation_(generation) {}

  std::uint32_t slot_ = 0;
  std::uint32_t generation_ = 0;
};

class Timers {
 public:
  // Calls callback once, at or after the deadline.
  Timer add(Instant deadline, std::function<void()> callback);

  // No effect if it has fired or was cancelled. Resets the handle.
  void cancel(Timer& timer);

  // Fires what is due at now, in the order of deadlines, and among equal ones as added. What the
  // callbacks add waits for the next call, even if it is due.
  void fire(Instant now);

  // k_never if there is none.
  Instant next();

  std::size_t size() const { return alive_; }

 private:
  struct Slot {
    std::function<void()> callback;
    std::uint32_t generation = 1;
  };
  struct Entry {
    Instant deadline;
    std::uint64_t order;
    std::uint32_t slot;
    std::uint32_t generation;
  };
  static bool later(const Entry& a, const Entry& b);

  bool is_husk(const Entry& entry) const;
  void pop();
  void free_slot(std::uint32_t index);
  void drop_husks();

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t alive_ = 0;
  std::uint64_t next_order_ = 0;
};

}  // namespace tidemark::net
