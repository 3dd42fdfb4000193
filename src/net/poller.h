// epoll, as little of it as the reactor needs. Level-triggered throughout: what was not taken is
// reported again, so nothing can be forgotten.
// Thread rule: confined to the reactor's thread.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <span>

#include "base/instant.h"
#include "net/descriptor.h"

namespace tidemark::net {

// Whoever has a descriptor in the poller. A source stays alive until the end of the turn in which
// it was removed, because an event fetched before may still carry its address.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // events: EPOLLIN and the like. Called on a source that was removed in this same turn, too.
  virtual void on_events(std::uint32_t events) = 0;
};

class Poller {
 public:
  // Throws std::system_error if the kernel has no descriptor left.
  Poller();

  // False if the kernel refused (out of memory or watches); errno says why.
  bool add(int fd, std::uint32_t events, EventSource& source);
  void modify(int fd, std::uint32_t events, EventSource& source);
  void remove(int fd);

  // Waits until there is an event, but no longer than timeout (negative: for ever). Returns what
  // there is, at most k_batch; valid until the next call.
  std::span<const epoll_event> wait(Duration timeout);

 private:
  static constexpr int k_batch = 256;

  int wait_in_milliseconds(Duration timeout);

  Descriptor epoll_;
  bool has_pwait2_ = true;  // kernels before 5.11 and some sandboxes do not know epoll_pwait2
  epoll_event events_[k_batch];
};

}  // namespace tidemark::net
