// World: the servers of one origin, their replication, those who write without asking the gateway,
// and the faults that befall all of them.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/random.h"
#include "simulation/events.h"
#include "simulation/history.h"
#include "simulation/options.h"
#include "simulation/server.h"

namespace tidemark::simulation {

// synchronous_commit
enum class Durability : std::uint8_t { k_off, k_local, k_on, k_remote_apply };

// The server's end of one connection.
struct Backend {
  NodeIndex node = 0;
  std::int64_t run = 0;
  SessionId session = k_outsider;
  bool terminated = false;
  bool waits_for_standby = false;
  bool working = false;    // a statement is under way
  bool abandoned = false;  // the client's end is gone: nobody takes the answer

  Txn txn = k_first_txn;         // in which it writes, if it does
  std::optional<Rows> snapshot;  // of REPEATABLE READ, once it is taken
};

class World {
 public:
  World(const Options& options, std::uint64_t seed, Events& events, History& history);

  Server& server(NodeIndex index) { return servers_[index]; }
  const Server& server(NodeIndex index) const { return servers_[index]; }
  std::size_t size() const { return servers_.size(); }
  std::optional<NodeIndex> some_primary();

  Random& random() { return random_; }
  Events& events() { return events_; }
  History& history() { return history_; }
  const Options& options() const { return options_; }
  Instant now() const { return events_.now(); }

  // The gateway starts. Where all writes are said to come through it, nobody else begins any more.
  void start_gateway() { begins_outside_ = !options_.all_writes_here; }

  // None while the server is down.
  std::shared_ptr<Backend> connect(NodeIndex node, SessionId session);
  bool is_alive(const Backend& backend) const;

  // What a statement sees that takes its snapshot now.
  VersionId read(const Backend& backend, Row row) const;

  enum class Written : std::uint8_t { k_done, k_locked, k_conflict, k_read_only };
  Written write(Backend& backend, Row row);

  // The steps of a commit; between them anything may happen.
  void log_commit(Backend& backend);
  void flush(NodeIndex node);
  bool is_confirmed(const Backend& backend, Durability durability) const;
  void show(Backend& backend);
  void roll_back(Backend& backend);
  // The client's end of the connection is closed.
  void hang_up(Backend& backend);
  void prepare(Backend& backend);
  // COMMIT PREPARED, up to its record, of some prepared transaction of this server. False if there
  // is none.
  bool log_commit_prepared(Backend& backend);

  // The nudge's transaction: its id.
  Xid fence(NodeIndex node);

  // The gateway knows of a primary.
  void make_known(std::uint32_t reign);
  consistency::History ancestors(Timeline timeline) const;
  bool is_partitioned(NodeIndex node) const { return partitioned_until_[node] > now(); }
  Instant partitioned_until(NodeIndex node) const { return partitioned_until_[node]; }
  // Whether the standby gets the log of its source right now.
  bool is_streaming(const Server& server) const;

 private:
  // Who must confirm a commit besides the primary.
  struct Synchronous {
    bool wanted = false;
    std::optional<NodeIndex> standby;  // nobody that exists, if none
  };

  void append(Server& server, Record::Kind kind, Xid xid, Txn txn);
  NodeIndex index_of(const Server& server) const;
  NodeIndex pick_node() { return static_cast<NodeIndex>(random_.below(servers_.size())); }
  bool is_current(const Server& server) const { return server.timeline == newest_; }
  void note_shown(const Server& server);
  void note_lost(const Server& keeper);

  // What goes on all the time (world.cpp).
  void repeat(const Delay& delay, std::function<void()> what);
  void replicate(NodeIndex node);
  void replay(Server& server);
  void make_restart_point(NodeIndex node);
  void outsider(NodeIndex node);
  void outsider_ends(Backend& backend);

  // world_faults.cpp
  void start_faults();
  void fault(Duration every, void (World::*what)());
  Duration lasting();
  void crash();
  void crash(NodeIndex node);
  void restart();
  void promote();
  void follow();
  void partition();
  void cut();
  void pause();
  void terminate();
  void change_synchronous();
  void promote(NodeIndex node);
  void follow(NodeIndex node, NodeIndex source);

  const Options options_;
  Random random_;
  Events& events_;
  History& history_;
  std::vector<Server> servers_;
  std::vector<Instant> partitioned_until_;
  std::vector<std::weak_ptr<Backend>> backends_;  // that wait for a synchronous standby, or did
  std::vector<std::vector<Backend>> outsiders_;   // by node: open transactions
  std::vector<consistency::History::Switch> switches_;
  Synchronous synchronous_;
  bool begins_outside_ = true;
  Timeline newest_ = 1;
  std::uint64_t next_serial_ = 1;
};

}  // namespace tidemark::simulation
