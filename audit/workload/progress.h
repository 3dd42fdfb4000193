// Progress: one line on a terminal that says how far the run is.
#pragma once

#include "audit/workload/stage.h"

namespace tidemark::audit {

// Wipes its line away at the end. Thread rule: confined to one thread.
class Progress {
 public:
  Progress(bool shown, Duration duration) : shown_(shown), duration_(duration) {}
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const Stage& stage);

 private:
  bool shown_;
  Duration duration_;
  std::uint64_t operations_ = 0;
  Clock::time_point at_{};
};

}  // namespace tidemark::audit
