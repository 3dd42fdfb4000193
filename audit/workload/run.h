// One run: the schema, the faults, the sessions, and what they saw.
#pragma once

#include "audit/audit.h"
#include "audit/history/history.h"
#include "base/result.h"

namespace tidemark::audit {

// An error: it could not begin, or nothing came of it. The schema and the faults are gone in any
// case, or standard error says what is left and how to remove it. Ctrl-C ends it early; what was
// recorded by then is returned.
Result<History> run(const Options& options, const Console& console);

}  // namespace tidemark::audit
