// The barrier between a standby that has been read and the primary (anomalies P1 to P4).
//
// Standbys show commits in the order of the log; the primary shows each when its backend is done,
// which may be later. So a session that has read a standby may go to the primary only once the
// primary shows every transaction that the standby showed.
#pragma once

#include <cstddef>
#include <vector>

#include "consistency/sample.h"

namespace tidemark::topology {

// Whether every transaction that is over in the standby's snapshot is over in the primary's, too.
// False also where the standby's list of running transactions does not tell. As what the primary
// shows only grows, the answer holds for every later snapshot of the primary; and as a standby's
// does, too, it speaks for every earlier snapshot of that incarnation of the standby.
bool shows_all(const consistency::Snapshot& primary, const consistency::Snapshot& standby);

// Whether every transaction that wrote anything before the fence was sent is over in the snapshot
// of the primary, taken after the fence was committed.
bool shows_all_before(const consistency::Fence& fence, const consistency::Snapshot& primary);

// What to ask a standby together with its snapshot, so that shows_all() can tell: which of `xids`,
// and of every transaction in [from, min(xmax of the standby, from + k_max_inquired_range)), is in
// progress. Ask pg_xact_status() only of ids below the standby's own xmax: it raises an error for
// others.
struct Inquiry {
  std::vector<consistency::Xid> xids;
  consistency::Xid from = 0;  // 0: no primary has been sampled yet, ask nothing
};

// How many transactions in progress an inquiry lists, and how long its range is. What lies beyond
// is taken for over on the standby: the barrier stays closed a little longer, and is never wrong.
constexpr std::size_t k_max_inquired_xids = 512;
constexpr consistency::Xid k_max_inquired_range = 512;

Inquiry inquiry_of(const consistency::Snapshot& primary);

}  // namespace tidemark::topology
