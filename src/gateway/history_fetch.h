// Fetches the history of a timeline from a node that is on it: over the replication protocol
// (TIMELINE_HISTORY), and where that is not allowed, from the file (pg_read_file).
// Thread rule: confined to the monitor's thread.
#pragma once

#include <optional>

#include "consistency/history.h"
#include "gateway/pg_errand.h"

namespace tidemark::gateway {

// Both ways are tried this often, with a pause in between, before the history is given up.
constexpr int k_history_attempts = 5;
constexpr Duration k_history_pause = std::chrono::milliseconds(200);

class HistoryFetch {
 public:
  bool running() const { return timeline_.has_value(); }
  std::optional<consistency::Timeline> timeline() const { return timeline_; }

  // REQUIRES: !running().
  void start(ServerTarget target, consistency::Timeline timeline, Instant now);

  // Of a node that has failed. There will be no outcome.
  void cancel();

  // Call when fd() is ready and when deadline() has come. Gives the outcome once.
  std::optional<Result<consistency::History>> advance(Instant now);

  Instant deadline() const;
  int fd() const { return errand_.fd(); }
  short wanted_events() const { return errand_.wanted_events(); }

 private:
  void ask(Instant now);
  std::optional<Result<consistency::History>> take(const PgErrand::Answer& answer, Instant now);
  std::optional<Result<consistency::History>> try_next(Error why, Instant now);

  PgErrand errand_;
  ServerTarget target_;
  std::optional<consistency::Timeline> timeline_;
  bool by_file_ = false;
  int attempts_ = 0;
  std::optional<Instant> pause_until_;
};

}  // namespace tidemark::gateway
