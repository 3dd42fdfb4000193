// Linearizability of each row by itself (Herlihy and Wing 1990).
//
// As each write tells its version, the order of a row's writes is given, and a history is
// linearizable if and only if no operation contradicts it in real time: none that ended before
// another began may have seen or made a newer version than the other saw, or one as new as the
// other made. (Put them in the order of their versions, a write before those who saw it, reads by
// their start; give each the latest start so far: only such a pair keeps that from lying before its
// end.) One sweep over the row by time, O(n log n).
#pragma once

#include "audit/checks/findings.h"
#include "audit/checks/model.h"

namespace tidemark::audit {

// Counts the later one of each pair once. A chance is an operation on a row on which another one
// had ended before.
Verdict check_linearizable(const Model& model);

}  // namespace tidemark::audit
