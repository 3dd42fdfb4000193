#include "net/poller.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>
#include <system_error>

#include "base/check.h"

namespace tidemark::net {

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

bool Poller::add(int fd, std::uint32_t events, EventSource& source) {
  epoll_event event{.events = events, .data = {.ptr = &source}};
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::modify(int fd, std::uint32_t events, EventSource& source) {
  epoll_event event{.events = events, .data = {.ptr = &source}};
  CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0);
}

// close() alone would not do if a child process happens to hold a copy of the descriptor.
void Poller::remove(int fd) { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

std::span<const epoll_event> Poller::wait(Duration timeout) {
  int count = -1;
  if (has_pwait2_) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout);
    const timespec limit{.tv_sec = seconds.count(), .tv_nsec = (timeout - seconds).count()};
    count = epoll_pwait2(epoll_.get(), events_, k_batch,
                         timeout < Duration::zero() ? nullptr : &limit, nullptr);
    if (count < 0 && (errno == ENOSYS || errno == EPERM)) has_pwait2_ = false;
  }
  if (!has_pwait2_) count = wait_in_milliseconds(timeout);
  CHECK(count >= 0 || errno == EINTR);
  return {events_, static_cast<std::size_t>(std::max(count, 0))};
}

// Rounded up: a wait that ends too early would spin until its deadline.
int Poller::wait_in_milliseconds(Duration timeout) {
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  const int limit = static_cast<int>(std::min<std::int64_t>(rounded, INT_MAX));
  return epoll_wait(epoll_.get(), events_, k_batch, timeout < Duration::zero() ? -1 : limit);
}

}  // namespace tidemark::net
