#include "net/wakeup.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace tidemark::net {

Wakeup::Wakeup() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

// Both may fail only because the counter is full or empty, and then what they are for holds anyway.
void Wakeup::wake() const {
  const int saved = errno;  // a signal handler must not disturb what it interrupted
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof(one));
  errno = saved;
}

void Wakeup::drain() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(fd_.get(), &count, sizeof(count));
}

}  // namespace tidemark::net
