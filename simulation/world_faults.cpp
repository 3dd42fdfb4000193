// What befalls servers and the ways between them.
#include <algorithm>

#include "simulation/world.h"

namespace tidemark::simulation {

using Kind = Record::Kind;

void World::start_faults() {
  const Faults& faults = options_.faults;
  fault(faults.crash, &World::crash);
  fault(faults.restart, &World::restart);
  fault(faults.promotion, &World::promote);
  fault(faults.following, &World::follow);
  fault(faults.partition, &World::partition);
  fault(faults.cut, &World::cut);
  fault(faults.pause, &World::pause);
  fault(faults.termination, &World::terminate);
  fault(faults.synchronous, &World::change_synchronous);
}

void World::fault(Duration every, void (World::*what)()) {
  if (every == Duration(0)) return;
  const Delay delay{.least = every / 4, .most = every * 7 / 4, .tail_chance = 0, .tail = {}};
  events_.after(delay.draw(random_), [this, every, what] {
    (this->*what)();
    fault(every, what);
  });
}

Duration World::lasting() {
  const Duration about = options_.faults.lasting;
  return Delay{.least = about / 8, .most = about * 2, .tail_chance = 0, .tail = {}}.draw(random_);
}

// Whatever was committed and is in the log of a primary that begins, others can see from now on.
void World::note_shown(const Server& server) {
  for (const Record& record : server.log) {
    if (record.kind != Kind::k_commit) continue;
    Transaction& transaction = history_.transactions[record.txn];
    if (transaction.shown_at != k_never) continue;
    transaction.shown_at = now();
    transaction.reign = server.reign;
  }
}

// What is committed and not in the keeper's log, is gone.
void World::note_lost(const Server& keeper) {
  std::vector<bool> kept(history_.transactions.size());
  kept[k_first_txn] = true;
  for (const Record& record : keeper.log) {
    if (record.kind == Kind::k_commit) kept[record.txn] = true;
  }
  for (Txn txn = 0; txn < kept.size(); ++txn) {
    Transaction& transaction = history_.transactions[txn];
    if (transaction.logged && !kept[txn])
      transaction.lost_at = std::min(transaction.lost_at, now());
  }
}

void World::crash() {
  if (const auto node = some_primary()) crash(*node);
}

void World::crash(NodeIndex node) {
  Server& server = servers_[node];
  if (!server.is_primary || !server.up) return;
  ++server.run;
  server.log.resize(server.flushed);
  if (is_current(server)) note_lost(server);
  server.recover(history_, next_serial_++);
  note_shown(server);
  if (random_.chance(0.5)) return;
  server.up = false;
  events_.after(lasting(), [this, node] { servers_[node].up = true; });
}

// It comes back further behind than it was (anomaly S1).
void World::restart() {
  const NodeIndex node = pick_node();
  Server& server = servers_[node];
  if (server.is_primary || !server.up) return;
  ++server.run;
  server.replay_again(1 + random_.below(server.replayed_count), history_);
  if (random_.chance(0.7)) return;
  server.up = false;
  events_.after(lasting(), [this, node] { servers_[node].up = true; });
}

void World::promote() {
  const NodeIndex node = pick_node();
  if (!servers_[node].is_primary && servers_[node].up) promote(node);
}

// A run goes on when a standby becomes the primary. What it had received and not replayed yet it
// replays first.
void World::promote(NodeIndex node) {
  Server& server = servers_[node];
  const Timeline parent = server.log.back().timeline;
  switches_.push_back({++newest_, parent, server.end_of(server.log.size())});
  server.is_primary = true;
  server.source.reset();
  server.timeline = newest_;
  history_.reigns.emplace_back();
  server.reign = static_cast<std::uint32_t>(history_.reigns.size() - 1);
  note_lost(server);
  server.recover(history_, next_serial_++);
  note_shown(server);
  for (NodeIndex other = 0; other < servers_.size(); ++other) {
    if (other != node && random_.chance(0.7)) follow(other, node);
  }
  // Who has waited for a primary writes at once; and what has failed once may fail again.
  const Delay soon{.least = {}, .most = options_.sample_interval, .tail_chance = 0, .tail = {}};
  for (int turn = 0; turn < 8; ++turn) {
    events_.after(soon.draw(random_), [this, node] { outsider(node); });
  }
  if (random_.chance(0.3)) events_.after(soon.draw(random_), [this, node] { crash(node); });
}

void World::follow() { follow(pick_node(), pick_node()); }

// A primary comes back as a standby, rewound to where the two logs part or (anomaly F5) not at all.
void World::follow(NodeIndex node, NodeIndex source) {
  Server& server = servers_[node];
  if (node == source || !server.up) return;
  if (server.is_primary) {
    ++server.run;
    server.log.resize(server.flushed);
    if (random_.chance(0.7))
      server.log.resize(std::max<std::size_t>(1, common(server, servers_[source])));
    server.flushed = server.log.size();
    server.is_primary = false;
    server.running.clear();
    server.locks = {};
    server.replay_again(1 + random_.below(server.log.size()), history_);
  }
  server.source = source;
}

void World::partition() { partitioned_until_[pick_node()] = now() + lasting(); }

void World::cut() {
  const NodeIndex node = pick_node();
  servers_[node].cut = true;
  events_.after(lasting(), [this, node] { servers_[node].cut = false; });
}

void World::pause() {
  const NodeIndex node = pick_node();
  servers_[node].paused = true;
  events_.after(lasting(), [this, node] { servers_[node].paused = false; });
}

// Of a commit that waits for its standby: it is committed all the same (anomaly P8).
void World::terminate() {
  std::erase_if(backends_, [](const auto& known) { return known.expired(); });
  for (const auto& known : backends_) {
    const auto backend = known.lock();
    if (!backend->waits_for_standby || !is_alive(*backend)) continue;
    show(*backend);
    backend->terminated = true;
    return;
  }
}

void World::change_synchronous() {
  synchronous_.wanted = random_.chance(0.6);
  synchronous_.standby.reset();
  if (random_.chance(0.6)) synchronous_.standby = pick_node();
}

}  // namespace tidemark::simulation
