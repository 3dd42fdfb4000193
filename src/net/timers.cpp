#include "net/timers.h"

#include <algorithm>
#include <utility>

namespace tidemark::net {

bool Timers::later(const Entry& a, const Entry& b) {
  return a.deadline != b.deadline ? a.deadline > b.deadline : a.order > b.order;
}

Timer Timers::add(Instant deadline, std::function<void()> callback) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  slot.callback = std::move(callback);
  ++alive_;
  heap_.push_back({deadline, next_order_++, index, slot.generation});
  std::ranges::push_heap(heap_, later);
  return {index, slot.generation};
}

void Timers::cancel(Timer& timer) {
  const Timer named = std::exchange(timer, Timer());
  if (!named || slots_[named.slot_].generation != named.generation_) return;
  // The callback is destroyed last: its destructor may come back here.
  const auto callback = std::move(slots_[named.slot_].callback);
  free_slot(named.slot_);
  drop_husks();
}

void Timers::fire(Instant now) {
  const std::uint64_t first_new = next_order_;
  std::vector<Entry> added;
  while (!heap_.empty() && heap_.front().deadline <= now) {
    const Entry entry = heap_.front();
    pop();
    if (is_husk(entry)) continue;
    if (entry.order >= first_new) {
      added.push_back(entry);
      continue;
    }
    const auto callback = std::move(slots_[entry.slot].callback);
    free_slot(entry.slot);
    callback();
  }
  for (const Entry& entry : added) {
    heap_.push_back(entry);
    std::ranges::push_heap(heap_, later);
  }
}

Instant Timers::next() {
  while (!heap_.empty() && is_husk(heap_.front())) pop();
  return heap_.empty() ? k_never : heap_.front().deadline;
}

bool Timers::is_husk(const Entry& entry) const {
  return slots_[entry.slot].generation != entry.generation;
}

void Timers::pop() {
  std::ranges::pop_heap(heap_, later);
  heap_.pop_back();
}

// A new generation makes every handle and heap entry of the old one stale. It never is 0, which
// means "no timer".
void Timers::free_slot(std::uint32_t index) {
  Slot& slot = slots_[index];
  slot.callback = nullptr;
  if (++slot.generation == 0) slot.generation = 1;
  free_.push_back(index);
  --alive_;
}

void Timers::drop_husks() {
  constexpr std::size_t k_worth_it = 64;
  if (heap_.size() < k_worth_it || heap_.size() < 2 * alive_) return;
  std::erase_if(heap_, [this](const Entry& entry) { return is_husk(entry); });
  std::ranges::make_heap(heap_, later);
}

}  // namespace tidemark::net
