// What is done to the cluster while the sessions work: replay paused or delayed, commands run.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "audit/options.h"
#include "audit/workload/link.h"
#include "base/result.h"

namespace tidemark::audit {

// Undoes what it did when it ends, whatever else has happened. Thread rule: confined to the thread
// that made it; its own threads do the work.
class RunningFaults {
 public:
  // Begins with them. An error if one cannot be done at all (no connection, no permission); then
  // none of them goes on.
  static Result<std::unique_ptr<RunningFaults>> begin(const Faults& faults, Clock::time_point began,
                                                      Duration patience);
  ~RunningFaults();
  RunningFaults(const RunningFaults&) = delete;
  RunningFaults& operator=(const RunningFaults&) = delete;

  // Ends and undoes them, and tells what was done when.
  std::vector<Event> end();

  // What could not be undone, in words, with what to do about it. Of use after end().
  const std::vector<std::string>& left_behind() const { return left_behind_; }

 private:
  struct Delayed {
    std::string dsn;
    std::string shown;
    std::string undo;  // an ALTER SYSTEM
  };

  RunningFaults(Clock::time_point began, Duration patience) : began_(began), patience_(patience) {}

  std::unexpected<Error> give_up(const char* what, const std::string& dsn, const Error& why);
  Result<void> delay(const DelayReplay& fault);
  Result<void> begin_pauses(const PauseReplay& fault);
  void pause_again_and_again(Link link, PauseReplay fault, std::string shown);
  bool resume(Link& link, const PauseReplay& fault, const std::string& shown);
  void run_at(const Command& command);
  void undo_delay(const Delayed& delayed);
  void note(std::string what);
  void leave_behind(std::string what);
  bool sleep_until(Clock::time_point at) const;  // false: it is over

  Clock::time_point began_;
  Duration patience_;
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> threads_;
  std::vector<Delayed> delayed_;
  std::mutex mutex_;  // guards the two below until the threads have ended
  std::vector<Event> events_;
  std::vector<std::string> left_behind_;
};

}  // namespace tidemark::audit
