// Causal consistency across sessions (Ahamad et al. 1995): a read must not show less of a row than
// its causal past holds (causes.h).
//
// Vector clocks: a line for each life of a session, and one for each write that got no answer and
// yet happened, as its own session does not know of it. Per read row it takes
// O(lines that wrote the row * log n).
#pragma once

#include "audit/checks/causes.h"
#include "audit/checks/findings.h"
#include "audit/checks/trace.h"

namespace tidemark::audit {

// A chance is a read of a row of which its past holds another session's write that the session had
// not learnt of from the row itself; and whatever was violated.
Verdict check_causal(const Causes& causes, const Traces& traces);

// The shortest chain of causes from `first` to `last`, both included; only these two if it is too
// long to be found. REQUIRES: `first` is in the causal past of `last`.
std::vector<OperationId> causal_path(const Causes& causes, OperationId first, OperationId last);

// What each operation of such a chain has to do with the next.
std::vector<std::string> tell_path(const Model& model, const std::vector<OperationId>& path);

}  // namespace tidemark::audit
