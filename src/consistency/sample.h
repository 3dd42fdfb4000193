// Sample: one observation of a node, as the monitor took it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/instant.h"
#include "consistency/history.h"
#include "consistency/node.h"

namespace tidemark::consistency {

// A transaction id with its epoch, as pg_snapshot and xid8 print it.
using Xid = std::uint64_t;

// pg_current_snapshot(): transactions below xmin are over, those from xmax on are not.
struct Snapshot {
  Xid xmin = 0;
  Xid xmax = 0;

  // Transactions below xmax that are certainly not over. Any order.
  // On a primary: the snapshot's own list (pg_snapshot_xip), which is complete.
  // On a standby that list is always empty; here go those transactions of the Inquiry
  // (topology/barrier.h) that pg_xact_status() calls 'in progress' *in the same statement that
  // returns the snapshot* (it looks later than the snapshot does, so what it finds in progress was
  // so in the snapshot).
  std::vector<Xid> running;
};

// A transaction that the monitor itself began on the primary at or after `sent_at` and has
// committed (the nudge, which returns its pg_current_xact_id()). Every transaction that had written
// anything before sent_at has a lower id.
struct Fence {
  Xid xid = 0;
  Instant sent_at{};
};

struct Sample {
  NodeIndex node = k_no_node;

  // What tells one run of the server from the next. A crash makes the postmaster start anew with
  // all its children but keeps its start time; its checkpointer, however, is a new one. So both are
  // asked, once a connection (a crash kills the connection): pg_postmaster_start_time(), and
  // backend_start of the process of type 'checkpointer' in pg_stat_activity; microseconds of any
  // one epoch. The second is 0 where the monitor's login may not see it: then every new connection
  // counts as a new incarnation.
  std::int64_t postmaster_started_us = 0;
  std::int64_t checkpointer_started_us = 0;

  // Raised by the monitor for every new monitoring connection to this node.
  std::uint64_t connection = 0;

  Role role = Role::k_unknown;
  std::uint64_t system_identifier = 0;

  // The timeline of all that the node shows, if timeline_at_most is no higher. Where it is higher,
  // the node may have gone on along any timeline in between: a standby without a WAL receiver only
  // knows where its last restart point was (anomaly F3), and what log it has.
  Timeline timeline = 0;
  Timeline timeline_at_most = 0;

  // The question left not before sent_at; the answer was here at received_at.
  Instant sent_at{};
  Instant received_at{};

  // Of a standby. `applied`: pg_last_wal_replay_lsn(), read before the snapshot: whatever any later
  // snapshot of this incarnation sees includes it. `reached`: no earlier snapshot saw beyond it;
  // see reached_by().
  Lsn applied;
  Lsn reached;

  // Of a standby: a WAL receiver is streaming, or may be, so somebody on `timeline` is alive.
  bool streams = false;

  // Of a primary. `insert`: pg_current_wal_insert_lsn() rounded down off a page header: everything
  // that any earlier snapshot saw, and every commit answered earlier, lies at or below it (anomaly
  // P5). `flush`: pg_current_wal_flush_lsn(): what standbys can get, and what a crash cannot take.
  Lsn insert;
  Lsn flush;

  Snapshot snapshot;

  // Of a primary: the latest fence of this run that was committed before the sample was sent.
  Fence fence;
};

// The upper bound of what a standby had shown when it was asked for its replay position and then,
// in this order, for its receive position. PostgreSQL applies a record first and advances the
// reported replay position after (xlogrecovery.c, ApplyWalRecord), so the effects of at most one
// record beyond it may be visible. When a running WAL receiver (pg_stat_get_wal_receiver) has got
// nothing beyond the replay position, there is no such record, and the replay position itself is
// the bound. Otherwise it is one byte more: who has replayed more than `replay` has finished that
// record. `receive` is pg_last_wal_receive_lsn() while a WAL receiver runs, or where none runs and
// it is `replay`, as long as there is no archive to replay from; and nothing otherwise.
Lsn reached_by(Lsn replay, std::optional<Lsn> receive);

}  // namespace tidemark::consistency
