// For tests: a dumb model of PostgreSQL servers that replicate, with nothing but logs and
// visibility.
//
// It knows what makes reading replicas hard: a commit is in the log before the primary shows it and
// may be shown before it is flushed; a standby shows a record before it reports it; crashes take
// what was not flushed and reuse positions and ids; standbys restart further back; promotions fork
// the log.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/random.h"
#include "consistency/sample.h"
#include "topology/barrier.h"

namespace tidemark::routing::twin {

using consistency::History;
using consistency::Lsn;
using consistency::NodeIndex;
using consistency::Sample;
using consistency::Snapshot;
using consistency::Timeline;
using consistency::Xid;

// A transaction's name in the model: ids of PostgreSQL are used again after a crash, these are not.
using Txn = int;

struct Record {
  enum class Kind { k_data, k_commit, k_all_over };  // the last: no id below `xid` is running
  Kind kind = Kind::k_data;
  Xid xid = 0;
  Txn txn = 0;
  Lsn end{};
  Timeline timeline = 1;

  bool operator==(const Record&) const = default;
};

struct Server {
  bool is_primary = false;
  Timeline timeline = 1;
  std::int64_t run = 1;             // stands for the start times
  std::optional<NodeIndex> source;  // of a standby: whom it gets its log from
  std::vector<Record> log;
  std::size_t flushed = 0;   // records; on a standby all it has
  std::size_t shown = 0;     // of a standby: records replayed, as far as readers can tell
  std::size_t reported = 0;  // of a standby: records replayed, as far as it says

  // Of a primary.
  Xid next_xid = 3;
  Xid latest_completed = 2;
  std::map<Txn, Xid> running;  // until others can see that it is over
  std::set<Txn> visible;

  Lsn end_of(std::size_t records) const { return records == 0 ? Lsn{100} : log[records - 1].end; }
};

class World {
 public:
  World(std::uint64_t seed, std::size_t servers);

  Server& server(NodeIndex index) { return servers_[index]; }
  std::size_t size() const { return servers_.size(); }
  std::size_t pick(std::size_t below) { return random_.below(below); }
  bool chance(double probability) { return random_.chance(probability); }

  // The transactions that a statement run on the server now would see.
  std::set<Txn> visible(NodeIndex index) const;

  // A transaction of a client, up to its commit record, which is not flushed or shown yet.
  Txn commit_to_log(NodeIndex primary);
  bool is_running(NodeIndex primary, Txn txn) const;
  void flush(NodeIndex primary);
  void show(NodeIndex primary, Txn txn);
  consistency::Fence fence(NodeIndex primary, Instant now);

  // The two statements of a sample.
  void observe_position(Sample& sample) const;
  void observe_snapshot(Sample& sample, const topology::Inquiry& inquiry) const;

  // One random thing happens. `violence` is the share of crashes, restarts and promotions.
  void step(double violence);

  const History& history() const { return history_; }
  std::vector<NodeIndex> primaries() const;

 private:
  void append(Server& server, Record::Kind kind, Xid xid, Txn txn);
  void background(Server& server);
  void replicate(Server& server);
  void crash(Server& server);
  void restart_standby(Server& server);
  void promote(NodeIndex index);
  void follow(NodeIndex index, NodeIndex source);
  void recover(Server& server);
  static std::size_t common(const Server& one, const Server& other);

  Random random_;
  std::vector<Server> servers_;
  History history_;
  Timeline newest_ = 1;
  Txn next_txn_ = 1;
};

}  // namespace tidemark::routing::twin
