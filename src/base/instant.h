// Time as an argument. Pure code never reads a clock: whoever calls it says what time it is.
#pragma once

#include <chrono>
#include <cstdint>

namespace tidemark {

// Nanoseconds, the unit of every interval and limit in the program.
using Duration = std::chrono::nanoseconds;

// The monotonic clock of this machine, shared by all threads. It has no now(): only the shell
// (net/) can read it, the simulation makes its own.
struct MonotonicClock {
  using duration = Duration;
  using rep = Duration::rep;
  using period = Duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};

using Instant = MonotonicClock::time_point;

constexpr Instant k_never = Instant::max();

}  // namespace tidemark
