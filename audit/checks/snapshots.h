// What one snapshot of several rows owes to itself: if it shows a write, then also what its writer
// had written (monotonic writes) and seen (writes follow reads) before it, both of Terry et al.
// 1994, and what its transaction wrote elsewhere (fractured reads, Bailis et al. 2013).
//
// Linear in the number of snapshots, quadratic in the rows of each.
#pragma once

#include "audit/checks/findings.h"
#include "audit/checks/trace.h"

namespace tidemark::audit {

Verdict check_monotonic_writes(const Model& model, const Traces& traces);
Verdict check_writes_follow_reads(const Model& model, const Traces& traces);
Verdict check_no_fractured_reads(const Model& model);

}  // namespace tidemark::audit
