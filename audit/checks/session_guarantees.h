// What a session is promised of itself: read your writes and monotonic reads (Terry et al. 1994),
// row by row.
#pragma once

#include "audit/checks/findings.h"
#include "audit/checks/trace.h"

namespace tidemark::audit {

Verdict check_read_your_writes(const Model& model, const Traces& traces);
Verdict check_monotonic_reads(const Model& model, const Traces& traces);

}  // namespace tidemark::audit
