// tidemark audit: measures what consistency a PostgreSQL endpoint really gives. It is an ordinary
// client, through libpq, and knows nothing of the gateway, so that it can convict anybody.
#pragma once

#include <functional>

#include "audit/options.h"

namespace tidemark::audit {

// Of the program: what --level asked for held (or nothing was asked); it was violated; it could not
// be found out.
enum class AuditExit : int { k_held = 0, k_violated = 1, k_could_not_run = 2 };

// Who watches.
struct Console {
  bool progress = false;  // standard error is a terminal: a line tells how far the run is
  bool colour = false;    // standard output is a terminal that shows colours
  // Sleeps so long, or less if the run is to end early (Ctrl-C); true if so. Called by the thread
  // that called audit(); signals that end the program must be held back for all others.
  std::function<bool(Duration)> sleep;
};

// Runs (or reads) a history, checks it, and reports on standard output and into the files asked
// for; progress and errors go to standard error. What it changed, it changes back.
AuditExit audit(const Options& options, const Console& console);

}  // namespace tidemark::audit
