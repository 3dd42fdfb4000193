// The nudge: a tiny transaction on the primary that makes it flush its log (anomaly P6: an idle
// primary's insert position may never reach a standby) and that fences every transaction before it
// (consistency::Fence).
// Thread rule: confined to the monitor's thread.
#pragma once

#include <optional>

#include "consistency/sample.h"
#include "gateway/pg_errand.h"

namespace tidemark::gateway {

// Nudges begin at least this far apart.
constexpr Duration k_nudge_pause = std::chrono::milliseconds(5);

class Nudge {
 public:
  void request() { requested_ = true; }

  // One run of a primary: the node, and the number of the monitor's connection to it.
  struct Run {
    consistency::NodeIndex node = consistency::k_no_node;
    std::uint64_t connection = 0;

    friend bool operator==(const Run&, const Run&) = default;
  };

  struct Outcome {
    Run run;
    Result<consistency::Fence> fence;
  };

  // Sends what was requested, if it is time and nothing is in flight. `run` comes back with the
  // outcome.
  void tick(const ServerTarget& primary, Run run, Instant now);

  // Call when fd() is ready and when deadline() has come. Gives each outcome once.
  std::optional<Outcome> advance(Instant now);

  Instant deadline() const;
  int fd() const { return errand_.fd(); }
  short wanted_events() const { return errand_.wanted_events(); }

 private:
  PgErrand errand_;
  bool requested_ = false;
  Run run_;
  Instant next_{};
};

}  // namespace tidemark::gateway
