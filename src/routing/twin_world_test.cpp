#include <algorithm>

#include "routing/twin_world.h"

namespace tidemark::routing::twin {

using consistency::Role;
using Kind = Record::Kind;

World::World(std::uint64_t seed, std::size_t servers) : random_(seed), servers_(servers) {
  servers_[0].is_primary = true;
  append(servers_[0], Kind::k_all_over, 3, 0);
  servers_[0].flushed = 1;
  for (NodeIndex index = 1; index < servers; ++index) {
    servers_[index].source = 0;
    servers_[index].log = servers_[0].log;
    servers_[index].flushed = servers_[index].shown = servers_[index].reported = 1;
  }
}

std::vector<NodeIndex> World::primaries() const {
  std::vector<NodeIndex> found;
  for (NodeIndex index = 0; index < servers_.size(); ++index) {
    if (servers_[index].is_primary) found.push_back(index);
  }
  return found;
}

std::set<Txn> World::visible(NodeIndex index) const {
  const Server& server = servers_[index];
  if (server.is_primary) return server.visible;
  std::set<Txn> committed;
  for (std::size_t i = 0; i < server.shown; ++i) {
    if (server.log[i].kind == Kind::k_commit) committed.insert(server.log[i].txn);
  }
  return committed;
}

void World::append(Server& server, Kind kind, Xid xid, Txn txn) {
  const Lsn end{server.end_of(server.log.size()).value + 8 * (1 + pick(8))};
  server.log.push_back({kind, xid, txn, end, server.timeline});
}

Txn World::commit_to_log(NodeIndex primary) {
  Server& server = servers_[primary];
  const Txn txn = next_txn_++;
  const Xid xid = server.next_xid++;
  server.running[txn] = xid;
  append(server, Kind::k_data, xid, txn);
  append(server, Kind::k_commit, xid, txn);
  return txn;
}

bool World::is_running(NodeIndex primary, Txn txn) const {
  return servers_[primary].running.contains(txn);
}

void World::flush(NodeIndex primary) { servers_[primary].flushed = servers_[primary].log.size(); }

void World::show(NodeIndex primary, Txn txn) {
  Server& server = servers_[primary];
  const auto found = server.running.find(txn);
  if (found == server.running.end()) return;
  server.latest_completed = std::max(server.latest_completed, found->second);
  server.visible.insert(txn);
  server.running.erase(found);
}

consistency::Fence World::fence(NodeIndex primary, Instant now) {
  const Xid xid = servers_[primary].next_xid;
  const Txn txn = commit_to_log(primary);
  flush(primary);
  show(primary, txn);
  return {xid, now};
}

void World::observe_position(Sample& sample) const {
  const Server& server = servers_[sample.node];
  sample.postmaster_started_us = 1;
  sample.checkpointer_started_us = server.run;
  sample.system_identifier = 7;
  sample.timeline = server.timeline;
  sample.role = server.is_primary ? Role::k_primary : Role::k_standby;
  if (server.is_primary) {
    sample.insert = server.end_of(server.log.size());
    sample.flush = server.end_of(server.flushed);
    return;
  }
  sample.applied = server.end_of(server.reported);
  sample.reached = consistency::reached_by(sample.applied, server.end_of(server.log.size()));
  if (server.reported > 0) sample.timeline = server.log[server.reported - 1].timeline;
}

void World::observe_snapshot(Sample& sample, const topology::Inquiry& inquiry) const {
  const Server& server = servers_[sample.node];
  Snapshot& snapshot = sample.snapshot;
  if (server.is_primary) {
    snapshot.xmax = server.latest_completed + 1;
    for (const auto& [txn, xid] : server.running) {
      if (xid < snapshot.xmax) snapshot.running.push_back(xid);
    }
    return;
  }
  std::set<Xid> over;
  Xid all_over_below = 3;
  for (std::size_t i = 0; i < server.shown; ++i) {
    const Record& record = server.log[i];
    if (record.kind == Kind::k_commit) over.insert(record.xid);
    if (record.kind == Kind::k_all_over) all_over_below = record.xid;
  }
  const Xid highest = over.empty() ? 0 : *over.rbegin();
  snapshot.xmax = std::max(highest + 1, all_over_below);
  const auto is_running = [&](Xid xid) {
    return xid < snapshot.xmax && xid >= all_over_below && !over.contains(xid);
  };
  const auto ask = [&](Xid xid) {
    if (is_running(xid)) snapshot.running.push_back(xid);
  };
  for (const Xid xid : inquiry.xids) ask(xid);
  if (inquiry.from == 0) return;
  for (Xid xid = inquiry.from; xid < snapshot.xmax; ++xid) ask(xid);
}

void World::step(double violence) {
  const auto index = static_cast<NodeIndex>(pick(servers_.size()));
  Server& server = servers_[index];
  if (chance(violence)) {
    if (server.is_primary) return crash(server);
    if (chance(0.3)) return promote(index);
    if (chance(0.3)) return follow(index, static_cast<NodeIndex>(pick(servers_.size())));
    return restart_standby(server);
  }
  if (server.is_primary) return background(server);
  replicate(server);
}

// Others write, too: their transactions begin, commit, are flushed and shown at any time.
void World::background(Server& server) {
  const auto index = static_cast<NodeIndex>(&server - servers_.data());
  switch (pick(5)) {
    case 0:
      server.running[next_txn_++] = server.next_xid;
      append(server, Kind::k_data, server.next_xid++, 0);
      return;
    case 1:
      if (chance(0.5)) commit_to_log(index);
      return;
    case 2:
      return flush(index);
    default:
      if (server.running.empty()) return;
      const auto some = std::next(server.running.begin(),
                                  static_cast<std::ptrdiff_t>(pick(server.running.size())));
      const auto [txn, xid] = *some;
      const auto is_logged = [xid = xid, txn = txn](const Record& record) {
        return record.kind == Kind::k_commit && record.xid == xid && record.txn == txn;
      };
      if (std::ranges::none_of(server.log, is_logged)) append(server, Kind::k_commit, xid, txn);
      if (chance(0.5)) show(index, txn);
  }
}

std::size_t World::common(const Server& one, const Server& other) {
  const auto end = std::ranges::mismatch(one.log, other.log);
  return static_cast<std::size_t>(end.in1 - one.log.begin());
}

void World::replicate(Server& server) {
  if (server.source) {
    const Server& source = servers_[*server.source];
    const bool fits = common(server, source) == server.log.size();
    if (fits && source.flushed > server.log.size()) {
      const auto more = 1 + pick(source.flushed - server.log.size());
      server.log.assign(source.log.begin(),
                        source.log.begin() + static_cast<std::ptrdiff_t>(server.log.size() + more));
      server.flushed = server.log.size();
    }
  }
  for (auto turns = pick(6); turns > 0; --turns) {
    if (server.reported < server.shown) {
      server.reported = server.shown;
    } else if (server.shown < server.log.size()) {
      ++server.shown;
    }
  }
}

// What was flushed is replayed; what was running is over.
void World::recover(Server& server) {
  server.running.clear();
  server.visible.clear();
  server.next_xid = 3;
  for (const Record& record : server.log) {
    if (record.kind == Kind::k_commit) server.visible.insert(record.txn);
    const Xid next = record.kind == Kind::k_all_over ? record.xid : record.xid + 1;
    server.next_xid = std::max(server.next_xid, next);
  }
  server.latest_completed = server.next_xid - 1;
  append(server, Kind::k_all_over, server.next_xid, 0);
  server.flushed = server.log.size();
}

void World::crash(Server& server) {
  ++server.run;
  server.log.resize(server.flushed);
  recover(server);
}

void World::restart_standby(Server& server) {
  ++server.run;
  server.shown = server.reported = 1 + pick(server.shown);
  server.timeline = server.log[server.shown - 1].timeline;
}

void World::promote(NodeIndex index) {
  Server& server = servers_[index];
  const Timeline parent = server.log.back().timeline;
  history_.add({++newest_, parent, server.end_of(server.log.size())});
  server.is_primary = true;
  server.source.reset();
  server.timeline = newest_;
  recover(server);
  for (NodeIndex other = 0; other < servers_.size(); ++other) {
    if (other != index && chance(0.7)) follow(other, index);
  }
}

// A primary comes back as a standby, rewound to where the two part or (anomaly F5) not at all.
void World::follow(NodeIndex index, NodeIndex source) {
  Server& server = servers_[index];
  if (index == source) return;
  if (server.is_primary) {
    ++server.run;
    server.log.resize(server.flushed);
    if (chance(0.7)) server.log.resize(common(server, servers_[source]));
    server.flushed = server.log.size();
    server.is_primary = false;
    server.shown = server.reported = 1 + pick(server.log.size());
    server.running.clear();
  }
  server.source = source;
}

}  // namespace tidemark::routing::twin
