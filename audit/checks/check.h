// Every check, over one history. Pure.
#pragma once

#include <optional>

#include "audit/checks/findings.h"
#include "audit/history/history.h"
#include "base/result.h"

namespace tidemark::audit {

struct CheckOptions {
  // What k_bounded is held against; empty: that guarantee is not checked.
  std::optional<Duration> bound;
};

// Takes time and memory near to linear in the number of operations. An error names the first thing
// that makes the history no history (a row that is not there, two writes of one id).
Result<Findings> check(const History& history, const CheckOptions& options);

}  // namespace tidemark::audit
