// Long forks (Sovran et al. 2011): two snapshots see two writes in opposite orders.
#pragma once

#include "audit/checks/findings.h"
#include "audit/checks/orders.h"

namespace tidemark::audit {

// A chance is a snapshot of two rows or more. Counted are those that saw a newer version of one row
// than another snapshot did, and an older one of another row, and that not because of a single
// transaction (that is a fractured read). Such two are always part of a contradiction, so only
// these are looked at: per pair of rows one sweep, O(n log n).
Verdict check_no_long_fork(const Orders& orders);

}  // namespace tidemark::audit
