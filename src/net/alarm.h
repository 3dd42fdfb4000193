// A clock that rings: wakes a thread that sleeps in its poller at an instant. Set once for a
// deadline that many turns of a loop wait for, it spares each of them a timeout of its own.
// Thread rule: confined to one thread.
#pragma once

#include "base/instant.h"
#include "net/descriptor.h"

namespace tidemark::net {

class Alarm {
 public:
  // Throws std::system_error if the kernel has no descriptor left.
  Alarm();

  // Makes fd() readable at that instant and no other, or at once if it is past.
  void set(Instant at);
  // What it is set to, rung or not; k_never: not at all.
  Instant at() const { return at_; }
  // It has rung, and is not set any more.
  void drain();

  int fd() const { return fd_.get(); }

 private:
  Descriptor fd_;
  Instant at_ = k_never;
};

}  // namespace tidemark::net
