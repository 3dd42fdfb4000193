// Ctrl-C and its kin as something to ask for, so that what was begun can be undone in order.
// Construct one before any other thread starts: threads inherit that these signals are held back.
// Thread rule: confined to the main thread.
#pragma once

#include <csignal>

#include "base/instant.h"

namespace tidemark::cli {

class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Whether SIGINT, SIGTERM or SIGHUP has come.
  bool pending() { return sleep(Duration::zero()); }

  // Sleeps until one comes or the time is over. True if one has come.
  bool sleep(Duration duration);

 private:
  sigset_t signals_;
  sigset_t before_;
  bool pending_ = false;
};

}  // namespace tidemark::cli
