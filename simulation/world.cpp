#include "simulation/world.h"

#include <algorithm>

namespace tidemark::simulation {

using Kind = Record::Kind;

World::World(const Options& options, std::uint64_t seed, Events& events, History& history)
    : options_(options),
      random_(seed),
      events_(events),
      history_(history),
      servers_(options.servers),
      partitioned_until_(options.servers, Instant::min()),
      outsiders_(options.servers) {
  Server& primary = servers_[0];
  primary.is_primary = true;
  primary.recover(history_, next_serial_++);
  for (NodeIndex node = 1; node < servers_.size(); ++node) {
    Server& standby = servers_[node];
    standby.log = primary.log;
    standby.flushed = standby.log.size();
    standby.source = random_.chance(0.7) ? 0 : static_cast<NodeIndex>(random_.below(node));
    standby.replay_again(standby.log.size(), history_);
  }
  for (NodeIndex node = 0; node < servers_.size(); ++node) {
    repeat(options_.replication, [this, node] { replicate(node); });
    repeat(options_.log_writer, [this, node] { flush(node); });
    repeat(options_.checkpoint, [this, node] { make_restart_point(node); });
    repeat(options_.outsider, [this, node] { outsider(node); });
  }
  start_faults();
}

void World::repeat(const Delay& delay, std::function<void()> what) {
  events_.after(delay.draw(random_), [this, &delay, what = std::move(what)]() mutable {
    what();
    repeat(delay, std::move(what));
  });
}

NodeIndex World::index_of(const Server& server) const {
  return static_cast<NodeIndex>(&server - servers_.data());
}

std::optional<NodeIndex> World::some_primary() {
  std::vector<NodeIndex> primaries;
  for (NodeIndex node = 0; node < servers_.size(); ++node) {
    if (servers_[node].is_primary && servers_[node].up) primaries.push_back(node);
  }
  if (primaries.empty()) return std::nullopt;
  return primaries[random_.below(primaries.size())];
}

void World::append(Server& server, Kind kind, Xid xid, Txn txn) {
  // Often as much as fills the page, so that what follows begins behind a header.
  const std::uint64_t bytes = random_.chance(0.1) ? k_page_bytes - 24 : 8 * (3 + random_.below(30));
  server.append(kind, xid, txn, bytes, next_serial_++);
}

std::shared_ptr<Backend> World::connect(NodeIndex node, SessionId session) {
  if (!servers_[node].up) return nullptr;
  auto backend = std::make_shared<Backend>();
  backend->node = node;
  backend->run = servers_[node].run;
  backend->session = session;
  backends_.push_back(backend);
  return backend;
}

bool World::is_alive(const Backend& backend) const {
  const Server& server = servers_[backend.node];
  return server.up && server.run == backend.run && !backend.terminated;
}

VersionId World::read(const Backend& backend, Row row) const {
  if (backend.txn != k_first_txn) {
    const auto& own = history_.transactions[backend.txn].versions;
    const auto of_row = [&](VersionId id) { return history_.versions[id].row == row; };
    const auto found = std::find_if(own.rbegin(), own.rend(), of_row);
    if (found != own.rend()) return *found;
  }
  return backend.snapshot ? (*backend.snapshot)[row] : servers_[backend.node].visible()[row];
}

World::Written World::write(Backend& backend, Row row) {
  Server& server = servers_[backend.node];
  if (!server.is_primary) return Written::k_read_only;
  const Txn owner = server.locks[row];
  const bool is_own = owner != k_first_txn && owner == backend.txn;
  if (owner != k_first_txn && !is_own) return Written::k_locked;
  if (!is_own && backend.snapshot && (*backend.snapshot)[row] != server.shown[row]) {
    return Written::k_conflict;
  }
  if (backend.txn == k_first_txn) backend.txn = history_.begin(backend.session);
  const Xid xid = server.enter(backend.txn).xid;
  const VersionId parent = is_own ? read(backend, row) : server.shown[row];
  server.locks[row] = backend.txn;
  history_.write(row, parent, backend.txn);
  append(server, Kind::k_data, xid, backend.txn);
  return Written::k_done;
}

void World::log_commit(Backend& backend) {
  Server& server = servers_[backend.node];
  Server::Running& running = server.enter(backend.txn);
  running.logged = true;
  Transaction& transaction = history_.transactions[backend.txn];
  transaction.logged = true;
  transaction.reign = server.reign;
  if (!is_current(server)) transaction.lost_at = std::min(transaction.lost_at, now());
  append(server, Kind::k_commit, running.xid, backend.txn);
}

void World::flush(NodeIndex node) {
  Server& server = servers_[node];
  if (server.up) server.flushed = server.log.size();
}

bool World::is_confirmed(const Backend& backend, Durability durability) const {
  if (durability < Durability::k_on || !synchronous_.wanted) return true;
  if (!synchronous_.standby) return false;
  const Server& standby = servers_[*synchronous_.standby];
  if (standby.is_primary || !standby.up) return false;
  const auto has = [&](std::size_t count) {
    const auto begin = standby.log.rend() - static_cast<std::ptrdiff_t>(count);
    return std::any_of(begin, standby.log.rend(), [&](const Record& record) {
      return record.kind == Kind::k_commit && record.txn == backend.txn;
    });
  };
  return has(durability == Durability::k_remote_apply ? standby.replayed_count
                                                      : standby.log.size());
}

void World::show(Backend& backend) {
  Server& server = servers_[backend.node];
  server.leave(backend.txn, true, history_);
  Transaction& transaction = history_.transactions[backend.txn];
  transaction.shown_at = std::min(transaction.shown_at, now());
  backend.txn = k_first_txn;
  backend.snapshot.reset();
}

void World::roll_back(Backend& backend) {
  backend.snapshot.reset();
  if (backend.txn == k_first_txn) return;
  Server& server = servers_[backend.node];
  const Server::Running& running = server.enter(backend.txn);
  append(server, Kind::k_abort, running.xid, backend.txn);
  server.leave(backend.txn, false, history_);
  backend.txn = k_first_txn;
}

void World::prepare(Backend& backend) {
  Server& server = servers_[backend.node];
  Server::Running& running = server.enter(backend.txn);
  running.prepared = true;
  append(server, Kind::k_prepare, running.xid, backend.txn);
  server.flushed = server.log.size();
  backend.txn = k_first_txn;
  backend.snapshot.reset();
}

void World::hang_up(Backend& backend) {
  backend.abandoned = true;
  if (!backend.working && is_alive(backend)) roll_back(backend);
}

bool World::log_commit_prepared(Backend& backend) {
  const auto& running = servers_[backend.node].running;
  const auto found = std::ranges::find_if(
      running, [](const Server::Running& one) { return one.prepared && !one.logged; });
  if (found == running.end()) return false;
  backend.txn = found->txn;
  log_commit(backend);
  return true;
}

Xid World::fence(NodeIndex node) {
  Server& server = servers_[node];
  const Txn txn = history_.begin(k_outsider);
  const Xid xid = server.enter(txn).xid;
  Backend backend;
  backend.node = node;
  backend.run = server.run;
  backend.txn = txn;
  log_commit(backend);
  flush(node);
  show(backend);
  return xid;
}

void World::make_known(std::uint32_t reign) {
  Instant& known_at = history_.reigns[reign].known_at;
  known_at = std::min(known_at, now());
}

consistency::History World::ancestors(Timeline timeline) const {
  consistency::History history;
  for (auto change = switches_.rbegin(); change != switches_.rend(); ++change) {
    if (change->timeline != timeline) continue;
    history.add(*change);
    timeline = change->parent;
  }
  return history;
}

bool World::is_streaming(const Server& server) const {
  if (!server.source || server.cut || !server.up) return false;
  const Server& source = servers_[*server.source];
  const std::size_t have = server.log.size();
  return source.up && source.flushed >= have &&
         source.log[have - 1].serial == server.log[have - 1].serial;
}

void World::replicate(NodeIndex node) {
  Server& server = servers_[node];
  if (server.is_primary || !server.up) return;
  if (is_streaming(server)) {
    server.received_in = server.run;
    const Server& source = servers_[*server.source];
    const std::size_t have = server.log.size();
    if (source.flushed > have) {
      const std::size_t more = 1 + random_.below(source.flushed - have);
      const auto begin = source.log.begin() + static_cast<std::ptrdiff_t>(have);
      server.log.insert(server.log.end(), begin, begin + static_cast<std::ptrdiff_t>(more));
      server.flushed = server.log.size();
    }
  }
  replay(server);
}

void World::replay(Server& server) {
  if (server.paused) return;
  for (auto turns = random_.below(8); turns > 0; --turns) {
    if (server.reported < server.replayed_count) {
      server.reported = server.replayed_count;
    } else if (server.replayed_count < server.log.size()) {
      server.replay_one(history_);
    }
  }
}

// Of a primary: a checkpoint. Until the first one after a promotion the control file goes on naming
// the timeline before (anomaly F3).
void World::make_restart_point(NodeIndex node) {
  Server& server = servers_[node];
  if (server.up) server.restart_point = server.is_primary ? server.flushed : server.reported;
}

// Up to three transactions at a time, each at a random one of its steps.
void World::outsider(NodeIndex node) {
  Server& server = servers_[node];
  auto& open = outsiders_[node];
  std::erase_if(open, [this](const Backend& backend) { return !is_alive(backend); });
  if (!server.is_primary || !server.up) return;
  if (begins_outside_ && open.size() < 3 && random_.chance(0.4)) {
    Backend& fresh = open.emplace_back();
    fresh.node = node;
    fresh.run = server.run;
    if (random_.chance(0.2) && log_commit_prepared(fresh)) return;
    if (write(fresh, static_cast<Row>(random_.below(k_rows))) != Written::k_done) open.pop_back();
    return;
  }
  if (open.empty()) return;
  const auto which = random_.below(open.size());
  outsider_ends(open[which]);
  if (open[which].txn == k_first_txn) open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
}

void World::outsider_ends(Backend& backend) {
  const bool logged = servers_[backend.node].find_running(backend.txn)->logged;
  switch (random_.below(5)) {
    case 0:
      if (!logged) roll_back(backend);
      return;
    case 1:
      if (!logged) write(backend, static_cast<Row>(random_.below(k_rows)));
      return;
    case 2:
      if (logged) flush(backend.node);
      return;
    default:
      if (!logged) {
        log_commit(backend);
        if (random_.chance(0.7)) flush(backend.node);
      } else {
        show(backend);
      }
  }
}

}  // namespace tidemark::simulation
