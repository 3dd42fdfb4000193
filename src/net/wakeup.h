// Wakes a thread that sleeps in its poller, from any thread or signal handler.
#pragma once

#include "net/descriptor.h"

namespace tidemark::net {

class Wakeup {
 public:
  // Throws std::system_error if the kernel has no descriptor left.
  Wakeup();

  // Makes fd() readable until the next drain(). Any thread; async-signal-safe.
  void wake() const;
  void drain() const;

  int fd() const { return fd_.get(); }

 private:
  Descriptor fd_;
};

}  // namespace tidemark::net
