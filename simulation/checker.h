// The checker: holds a recorded history against every promise.
//
// It knows nothing of how promises are kept, and includes nothing that does: sessions, rows and
// instants in, violations out. Nearly linear: one sweep over time, with a handful of versions for
// each session and row.
//
// The promises are those of Terry et al., "Session Guarantees for Weakly Consistent Replicated
// Data" (PDIS 1994), row by row; causal order after Lamport by what sessions read and wrote;
// bounded staleness after Terry et al., "Consistency-Based Service Level Agreements for Cloud
// Storage" (SOSP 2013); linearizability after Herlihy and Wing (TOPLAS 1990), row by row.
#pragma once

#include <string>
#include <vector>

#include "simulation/history.h"

namespace tidemark::simulation {

enum class Breach : std::uint8_t {
  k_own_write,     // a write of the session's own was missing, and it was not told of a loss
  k_earlier_read,  // so was something that it had read
  k_causal,        // so was something on which what it knows depends
  k_bound,         // something was missing that was committed longer ago than the bound
  k_strong,        // something was missing that was committed, or read strongly, before it began
  k_snapshot,      // statements of one snapshot disagree, or a transaction goes back in time
  k_torn,          // a transaction was seen without a part, or without what it follows
  k_aborted,       // what was read was never committed
};

const char* to_string(Breach breach);

struct Violation {
  Breach breach = Breach::k_own_write;
  std::size_t operation = 0;  // in History::operations
  std::string story;
};

// The violations in the order in which the operations ended, at most `limit` of them.
std::vector<Violation> check(const History& history, std::size_t limit = 10);

}  // namespace tidemark::simulation
