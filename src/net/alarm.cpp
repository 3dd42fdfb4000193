#include "net/alarm.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "base/check.h"

namespace tidemark::net {

Alarm::Alarm() : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "timerfd_create");
}

// An instant of zero would disarm it.
void Alarm::set(Instant at) {
  at_ = at;
  const Duration since = std::max(at.time_since_epoch(), Duration(1));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  itimerspec when{};
  when.it_value = {.tv_sec = seconds.count(), .tv_nsec = (since - seconds).count()};
  CHECK(timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &when, nullptr) == 0);
}

void Alarm::drain() {
  at_ = k_never;
  std::uint64_t rings = 0;
  [[maybe_unused]] const auto got = ::read(fd_.get(), &rings, sizeof(rings));
}

}  // namespace tidemark::net
