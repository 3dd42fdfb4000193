#include "audit/workload/progress.h"

#include <fmt/format.h>

namespace tidemark::audit {

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
}

void Progress::show(const Stage& stage) {
  if (!shown_) return;
  const auto now = Clock::now();
  const std::uint64_t operations = stage.operations;
  const double seconds = std::chrono::duration<double>(now - at_).count();
  const double rate =
      at_ == Clock::time_point{} ? 0 : static_cast<double>(operations - operations_) / seconds;
  at_ = now;
  operations_ = operations;
  const auto whole = [](Duration duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  };
  fmt::print(stderr, "\r\x1b[K{} s of {} s, {:.0f} operations/s, {} in all, {} failed, {} open",
             whole(stage.since_began(now)), whole(duration_), rate, operations, stage.failed.load(),
             stage.maybes.load());
}

}  // namespace tidemark::audit
