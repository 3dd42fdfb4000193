#include "audit/workload/stage.h"

#include <algorithm>
#include <thread>

namespace tidemark::audit {

using namespace std::chrono_literals;

bool Mailbox::put(Message message) {
  const std::lock_guard lock(mutex_);
  if (messages_.size() >= k_most) return false;
  messages_.push_back(std::move(message));
  return true;
}

std::optional<Message> Mailbox::take() {
  const std::lock_guard lock(mutex_);
  if (messages_.empty()) return std::nullopt;
  Message message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

NodeId NodeNames::number_of(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto [found, is_new] = numbers_.try_emplace(name, static_cast<NodeId>(names_.size()));
  if (is_new) names_.push_back(name);
  return found->second;
}

std::vector<std::string> NodeNames::names() const {
  const std::lock_guard lock(mutex_);
  return names_;
}

void Stage::sleep_until(Clock::time_point at) const {
  constexpr Duration k_look_again = 50ms;
  while (!stop) {
    const auto now = Clock::now();
    if (now >= at) return;
    std::this_thread::sleep_until(std::min<Clock::time_point>(at, now + k_look_again));
  }
}

}  // namespace tidemark::audit
