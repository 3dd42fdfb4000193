// Consistent prefix: one order of all transactions of which every snapshot is a prefix (orders.h).
#pragma once

#include "audit/checks/findings.h"
#include "audit/checks/orders.h"

namespace tidemark::audit {

// A chance is a snapshot of several rows. Counted are the snapshots that are no prefix of the order
// in which the writes of a contradiction were acknowledged: without these, that order would explain
// the rest. A contradiction among writes alone is one more chance, and counts once.
Verdict check_consistent_prefix(const Orders& orders);

}  // namespace tidemark::audit
