// Reads of tables that nobody has written since: where all writes come through one gateway, it
// knows when the last one to each table ended, and a standby that has that much has the tables'
// present content, whatever else it lacks.
//
// Why that keeps every promise about such a read. Let M be a position at or above every write of
// its tables that has ended, and every change of what their names mean; let no such write or change
// be under way; and let the standby have replayed M. Then, at the moment of the decision:
// - What was committed to these tables, and answered to anyone, lies below M: the read shows it.
//   So it misses nothing of the session's own writes, nor of what the session, or whoever it
//   depends on, has read of these tables, on whichever node: a read shows committed content only,
//   and a write that is committed and not yet answered would be under way. That is
//   read_your_writes, monotonic_reads and causal, and no older than any bound.
// - A write that begins later may or may not show. It is concurrent with the read, which has begun
//   before: strong reads served by standbys may be ordered before it. So may those of the session's
//   reads that others answer meanwhile; none of them was answered before this one was decided.
// - A standby may show a commit before the primary does (anomaly P1). That makes this read newer,
//   never older. It leaves its mark like any other, so that the way back to the primary passes the
//   barrier. Strong reads that the primary serves are never answered in this way: mixing the two
//   has no order (anomaly P2).
// - A crash of the primary may take what was not flushed, and write other data at the same
//   positions (anomaly P7): an M that is not known to be flushed covers nothing (Floor).
// - After a failover or a crash the content is what survived. What of the session's own past did
//   not is to be told to the session, so whoever is owed such an answer, or may be, is decided on
//   in the ordinary way.
#pragma once

#include <optional>
#include <span>

#include "routing/router.h"

namespace tidemark::routing {

// Whether the read could be served so, as far as the request tells: its tables are known, and none
// of PostgreSQL's own, which are written by more than statements; it is owed anything at all, and
// not by the primary.
bool may_be_quiet(const Request& request);

// Whether what decide() said of the read stands in any case: something that its session must be
// told, or cannot be told yet, comes first; and where near standbys cover in the ordinary way there
// is more choice among them.
bool is_final(const Decision& ordinary, const topology::ClusterView& view);

// The standby to serve the read if one has the last writes of its tables and is not farther away
// than what decide() said, the `ordinary` decision; otherwise nothing, and that stands. `session`
// is whose read it is, settled with the view; `last` holds those writes, as marks about any table,
// and is settled here. Never waits. Allocates nothing. REQUIRES: may_be_quiet(request); while
// `last` was read, no write of the tables was under way.
std::optional<Decision> decide_quiet(const Request& request, const Decision& ordinary,
                                     const consistency::Session& session,
                                     consistency::Session& last, const topology::ClusterView& view,
                                     std::span<const NodeLoad> loads, Instant now);

}  // namespace tidemark::routing
