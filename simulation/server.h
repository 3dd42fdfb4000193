// Server: a model of one PostgreSQL server, of what makes reading replicas hard and nothing else.
//
// A commit is in the log before the primary shows it, and the primary may show it before it is
// flushed. A standby shows a record before it reports it. A crash takes what was not flushed and
// uses its positions and ids again. Knows no time: World (world.h) says when.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "consistency/sample.h"
#include "simulation/history.h"

namespace tidemark::simulation {

using consistency::Lsn;
using consistency::NodeIndex;
using consistency::Timeline;
using consistency::Xid;

// Small, so that many records end at the end of a page or a segment (anomaly P6).
constexpr std::uint64_t k_page_bytes = 512;
constexpr std::uint64_t k_segment_bytes = 4 * k_page_bytes;

struct Record {
  enum class Kind : std::uint8_t {
    k_data,
    k_commit,
    k_abort,
    k_prepare,
    k_start,  // a primary begins here: no id below `xid` is running, but for what is prepared
  };
  Kind kind = Kind::k_data;
  Xid xid = 0;
  Txn txn = k_first_txn;
  std::uint64_t end = 0;  // in bytes that can be used, not counting headers of pages
  Timeline timeline = 1;
  std::uint64_t serial = 0;  // no two records share one, so equal ones have equal logs before them
};

using Rows = std::array<VersionId, k_rows>;

// What replaying a log brings about.
struct Replayed {
  enum class Fate : std::uint8_t { k_none, k_over, k_prepared };

  Rows rows{};
  std::vector<Fate> fates;  // by id
  std::vector<std::pair<Txn, Xid>> prepared;
  Xid all_over_below = 3;
  Xid xmax = 3;

  Replayed() {
    for (Row row = 0; row < k_rows; ++row) rows[row] = row;
  }
  void apply(const Record& record, const History& history);
  bool is_running(Xid xid) const;
};

class Server {
 public:
  struct Running {
    Txn txn = k_first_txn;
    Xid xid = 0;
    bool prepared = false;
    bool logged = false;  // its commit is in the log, and not shown yet
  };

  bool is_primary = false;
  bool up = true;
  Timeline timeline = 1;
  std::int64_t run = 1;  // stands for the start times
  std::uint32_t reign = 0;

  // Of a standby.
  std::optional<NodeIndex> source;
  bool cut = false;                // the way to the source is
  bool paused = false;             // replay is
  std::int64_t received_in = 0;    // the latest run in which it got log from its source
  std::size_t replayed_count = 0;  // as far as readers can tell
  std::size_t reported = 0;        // as far as it says; at most one less
  Replayed replayed;               // of a standby: by `replayed_count` records

  std::vector<Record> log;
  std::size_t flushed = 0;        // records; on a standby all it has
  std::size_t restart_point = 1;  // records up to the last one; the control file knows no later

  // Of a primary.
  Rows shown{};
  Xid next_xid = 3;
  Xid latest_completed = 2;
  std::vector<Running> running;
  std::array<Txn, k_rows> locks{};

  const Rows& visible() const { return is_primary ? shown : replayed.rows; }

  void append(Record::Kind kind, Xid xid, Txn txn, std::uint64_t bytes, std::uint64_t serial);
  Running* find_running(Txn txn);
  // Gives it an id, if it has none yet.
  Running& enter(Txn txn);
  // It is over: everybody sees what it did, if it committed.
  void leave(Txn txn, bool committed, const History& history);

  void replay_one(const History& history);
  void replay_again(std::size_t records, const History& history);
  // Becomes a primary, or one again: what is in the log is replayed, what was running is over.
  void recover(const History& history, std::uint64_t serial);

  // Where a record ends, as a standby reports it; and where the next one would begin, which a
  // primary reports as its insert position.
  Lsn end_of(std::size_t records) const;
  Lsn insert_position() const;
};

// How many records two logs share.
std::size_t common(const Server& one, const Server& other);

}  // namespace tidemark::simulation
