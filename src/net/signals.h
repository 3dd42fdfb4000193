// Signals as callbacks on the reactor: a handler writes the number into a pipe that the reactor
// reads. Child processes start with the default actions again, as exec() resets handlers.
#pragma once

#include <signal.h>

#include <functional>
#include <initializer_list>
#include <utility>
#include <vector>

#include "net/descriptor.h"
#include "net/reactor.h"

namespace tidemark::net {

// At most one object at a time in a process, since signals belong to the process.
// Thread rule: confined to the reactor's thread.
class Signals {
 public:
  // Calls on_signal(number) in a later turn for each of these signals that comes. Equal signals
  // that come at once may be told once, as the kernel does. Throws std::system_error if there is no
  // descriptor left. The reactor must outlive this object.
  Signals(Reactor& reactor, std::initializer_list<int> numbers, std::function<void(int)> on_signal);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  // Puts back what was done on these signals before.
  ~Signals();

 private:
  void on_readable();

  Reactor& reactor_;
  std::function<void(int)> on_signal_;
  Descriptor read_end_;
  Descriptor write_end_;
  std::vector<std::pair<int, struct sigaction>> before_;
};

}  // namespace tidemark::net
