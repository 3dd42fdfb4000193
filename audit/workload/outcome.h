// Outcome of a write: what its client can know of it.
#pragma once

#include <string_view>

#include "audit/history/history.h"
#include "audit/workload/link.h"

namespace tidemark::audit {

// Of the statement that commits: COMMIT, or an UPDATE by itself. An error that the transaction met
// says that it has not happened; one about the connection or the server's end does not, as the
// commit may have come first (PostgreSQL's own answer to a commit that was waiting for a standby
// when its server process was ended is 57P01, and the row is committed).
Outcome outcome_of_commit(const Answer& answer);

// Whether an error with this SQLSTATE leaves open what became of a commit that was under way.
bool leaves_commit_open(std::string_view sqlstate);

// "40001 could not serialize access ..."
std::string error_of(const Answer& answer);

}  // namespace tidemark::audit
