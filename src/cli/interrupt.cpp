#include "cli/interrupt.h"

namespace tidemark::cli {

Interrupt::Interrupt() {
  sigemptyset(&signals_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals_, number);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

Interrupt::~Interrupt() {
  pending();  // not to be delivered afterwards
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Interrupt::sleep(Duration duration) {
  if (pending_) return true;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
  const timespec limit{.tv_sec = static_cast<time_t>(seconds.count()),
                       .tv_nsec = static_cast<long>((duration - seconds).count())};
  pending_ = sigtimedwait(&signals_, nullptr, &limit) > 0;
  return pending_;
}

}  // namespace tidemark::cli
