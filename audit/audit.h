// tidemark audit: measures what consistency a PostgreSQL endpoint really gives. It is an ordinary
// client, through libpq, and knows nothing of the gateway, so that it can convict anybody.
#pragma once

#include "audit/options.h"

namespace tidemark::audit {

// Of the program: what --level asked for held (or nothing was asked); it was violated; it could not
// be found out.
enum class AuditExit : int { k_held = 0, k_violated = 1, k_could_not_run = 2 };

// Runs (or reads) a history, checks it, and reports on standard output and into the files asked
// for; progress and errors go to standard error.
AuditExit audit(const Options& options);

}  // namespace tidemark::audit
