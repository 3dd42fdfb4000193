// Truth: the order of the commits as the primary's log has it, by a temporary logical slot.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "audit/history/history.h"
#include "audit/workload/decoding.h"
#include "audit/workload/link.h"

namespace tidemark::audit {

// Begins to follow the log when it is made, in a thread of its own; the slot goes with its
// connection. Thread rule: confined to the thread that made it.
class Truth {
 public:
  Truth(const std::string& dsn, const std::string& schema, unsigned keys, Duration patience);
  ~Truth();
  Truth(const Truth&) = delete;
  Truth& operator=(const Truth&) = delete;

  // Reads on to the end of the log: history.commits, or history.no_commits. Once.
  void finish(History& history);

 private:
  bool make_slot(const std::string& dsn);
  bool drain();
  void follow();
  void forbid(std::string why) { why_not_ = std::move(why); }

  Duration patience_;
  std::string slot_;
  Decoding decoding_;
  std::unique_ptr<Link> link_;
  std::string why_not_;  // empty if the log is being followed
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace tidemark::audit
