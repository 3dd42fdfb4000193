// What customers have been told is booked, and when: the measure of everything that they read.
//
// Thread rule: any thread.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "examples/kit/scoreboard.h"

namespace bank {

struct Transfer {
  std::string id;  // the client's, so that sending it twice books it once
  int from = 0;
  int to = 0;
  long amount = 0;
  std::string corrects{};  // the id of the one that was a mistake; mostly empty
};

// Of an account. Both only grow, so one can be too old, and never too new.
struct Sums {
  long debits = 0;
  long credits = 0;

  bool cover(const Sums& other) const { return debits >= other.debits && credits >= other.credits; }
};

class Book {
 public:
  void acknowledged(const Transfer& transfer) {
    const std::lock_guard lock(mutex_);
    if (times_.try_emplace(transfer.id, kit::Clock::now()).second) add(transfer, 1);
  }

  // A failover lost it, and whoever had sent it was told.
  void lost(const Transfer& transfer) {
    const std::lock_guard lock(mutex_);
    if (times_.erase(transfer.id) == 0) return;
    add(transfer, -1);
    ++told_;
  }

  Sums sums(int account) const {
    const std::lock_guard lock(mutex_);
    const auto found = sums_.find(account);
    return found == sums_.end() ? Sums() : found->second;
  }

  // How many were acknowledged by then.
  long count_at(kit::Clock::time_point time) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::count_if(times_, [&](const auto& one) { return one.second <= time; });
  }

  long told_of_losses() const {
    const std::lock_guard lock(mutex_);
    return told_;
  }

  long missing_of(const std::set<std::string>& ids) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::count_if(times_, [&](const auto& one) { return !ids.contains(one.first); });
  }

 private:
  void add(const Transfer& transfer, long sign) {
    sums_[transfer.from].debits += sign * transfer.amount;
    sums_[transfer.to].credits += sign * transfer.amount;
  }

  mutable std::mutex mutex_;
  std::map<std::string, kit::Clock::time_point> times_;  // of each transfer
  std::map<int, Sums> sums_;                             // of each account, since the opening
  long told_ = 0;
};

}  // namespace bank
