// What the primary owes: acknowledged writes stay, and each counts exactly once.
//
// Pure; linear but for sorting.
#pragma once

#include "audit/checks/findings.h"
#include "audit/checks/model.h"

namespace tidemark::audit {

// A chance is an acknowledged write of a row of which something later is known. It is lost if
// another write took its version and stayed, if the row ended at an older version, or if the list
// lacks its item. A loss that was declared is a loss; the example says that it was declared.
Verdict check_no_lost_writes(const Model& model);

// A chance is an acknowledged write, or a list that was read. Violated by two acknowledged writes
// that made the same version, by a write that made two, by a row that counted more writes than were
// made, and by lists of one row of which neither begins with the other.
Verdict check_no_lost_updates(const Model& model);

}  // namespace tidemark::audit
