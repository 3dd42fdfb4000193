#include "gateway/worker.h"

#include <utility>

#include "base/check.h"
#include "gateway/log.h"
#include "gateway/random_bytes.h"
#include "routing/explain.h"

namespace tidemark::gateway {

std::size_t ClientConnection::on_bytes(std::string_view bytes) {
  return worker.client_bytes(*this, bytes);
}

void ClientConnection::on_drained() {
  if (server != nullptr) server->connection->resume_reading();
}

void ClientConnection::on_closed(const Error& why) {
  log_debug("client_gone", {{"client", id}, {"reason", why.message}});
  worker.bury(*this);
}

Worker::Worker(Hub& hub, std::size_t index)
    : hub_(hub),
      index_(index),
      reactor_(hub.backend),
      live_(hub.live()),
      view_(hub.monitor->board().latest()),
      loads_(hub.nodes.size()),
      counted_at_(reactor_.now()) {
  reactor_.at_turn_end([this] { end_turn(); });
  reactor_.post([this] { expire_idle(); });
}

void Worker::adopt(int fd) {
  const std::uint64_t id = next_id_++;
  auto owned = std::make_unique<ClientConnection>(*this, id);
  ClientConnection& c = *owned;
  c.connection = reactor_.adopt(fd, c);
  if (around_ == nullptr) around_ = std::make_shared<const session::Surroundings>(surroundings());
  c.client = std::make_unique<session::Client>(id, c.connection->out(), around_);
  clients_.emplace(id, std::move(owned));
  log_debug("client_connected", {{"client", id}, {"peer", c.connection->peer()}});
}

std::size_t Worker::client_bytes(ClientConnection& c, std::string_view bytes) {
  refresh();
  std::size_t consumed = 0;
  while (true) {
    const std::size_t count = c.client->on_bytes(bytes.substr(consumed));
    consumed += count;
    const bool acted = perform(c);
    if (c.connection == nullptr) return bytes.size();
    if (!acted && count == 0) break;
    if (consumed == bytes.size() || !c.client->wants_input()) break;
  }
  let_go_on(c);
  return consumed;
}

// Does what the client's machine asks for, whatever made it ask.
void Worker::drive(ClientConnection& c) {
  perform(c);
  if (c.connection != nullptr) let_go_on(c);
}

// True: something was done, and the machine may want to go on.
bool Worker::perform(ClientConnection& c) {
  bool acted = false;
  while (c.connection != nullptr && c.client->has_actions()) {
    const session::Actions actions = c.client->take_actions();
    acted = true;
    note_table_writes(c, actions);
    if (actions.marks) push_marks(c);
    if (actions.cancel_server && c.server != nullptr) send_cancel(*c.server, [] {});
    if (actions.released != nullptr && c.server != nullptr) {
      give_back(c, *c.server, actions.released_broken);
    }
    if (actions.catalogue_changed) {
      hub_.catalogues->invalidate(c.client->login().key().database);
    }
    if (actions.affects_database) {
      const std::string& database = c.client->affected_database();
      hub_.catalogues->release(database);
      for (Worker* worker : hub_.workers) worker->evict(database);
    }
    if (actions.authenticate) authenticate(c);
    if (actions.cancel_other) {
      cancel_other(c);
      break;
    }
    if (actions.log_in) log_in(c);
    if (actions.token) make_token(c);
    if (actions.route) start_route(c);
    if (actions.close) close_client(c);
  }
  if (c.connection != nullptr) c.client->rest();
  return acted;
}

// What has come of it leaves with the end of the turn, and more is read. REQUIRES: it is connected.
void Worker::let_go_on(ClientConnection& c) {
  if (c.client->pin() != sql::Pin::k_none && !c.pin_told) {
    c.pin_told = true;
    ++pins_;
    log_info("client_pinned", {{"client", c.id}, {"reason", to_string(c.client->pin())}});
  }
  c.connection->flush_later();
  if (c.server != nullptr) c.server->connection->flush_later();
  update_reading(c);
}

// Reads from the client while its machine can go on and its server takes what it is given, and from
// the server while the client takes the answers.
void Worker::update_reading(ClientConnection& c) {
  if (c.connection == nullptr) return;
  const bool pushed_back =
      c.server != nullptr && c.server->connection->unsent() > net::Connection::k_high_water;
  const bool wanted = c.client->wants_input() && !pushed_back;
  if (wanted && !c.connection->reading()) c.connection->resume_reading();
  if (!wanted && c.connection->reading()) c.connection->pause_reading();
  if (c.server == nullptr) return;
  const bool slow_client = c.connection->unsent() > net::Connection::k_high_water;
  if (slow_client && c.server->connection->reading()) c.server->connection->pause_reading();
}

void Worker::authenticate(ClientConnection& c) {
  const AuthConfig& auth = live_->config.auth;
  if (auth.method == AuthMethod::k_trust) return c.client->trust();
  const std::string& user = c.client->login().user();
  const std::string* known = live_->users.secret(user);
  wire::ScramSecret secret;
  if (known == nullptr) {
    secret = wire::ScramSecret::for_unknown_user(user, hub_.scram_seed);
  } else if (const auto cached = derived_.find(user); cached != derived_.end()) {
    secret = cached->second;
  } else {
    const auto made =
        wire::is_scram_secret(*known)
            ? wire::ScramSecret::parse(*known)
            : wire::ScramSecret::derive(*known, random_bytes(wire::k_scram_salt_bytes));
    if (!made.has_value()) {
      return c.client->refuse(
          {"28000", "the secret of user \"" + user + "\" is not valid", {}, {}});
    }
    secret = *made;
    derived_.emplace(user, secret);
  }
  c.client->challenge(std::move(secret), random_bytes(wire::k_scram_nonce_bytes));
}

// The connection that carried the request is closed when the server has it, as PostgreSQL does:
// whoever cancels can then be sure that nothing later is hit.
void Worker::cancel_other(ClientConnection& c) {
  const auto& cancelled = c.client->login().cancelled();
  const auto key = CancelRegistry::key_of(cancelled.pid, cancelled.key);
  const auto target = key.has_value() ? hub_.cancels.find(*key) : std::nullopt;
  if (!target.has_value()) return close_client(c);
  c.connection->pause_reading();
  Worker& other = *hub_.workers[target->worker];
  other.cancel(target->client, [this, id = c.id] {
    reactor_.post([this, id] {
      ClientConnection* asked = find_client(id);
      if (asked != nullptr) close_client(*asked);
    });
  });
}

void Worker::cancel(std::uint64_t client, std::function<void()> done) {
  reactor_.post([this, client, done = std::move(done)] {
    ClientConnection* c = find_client(client);
    if (c == nullptr) return done();
    const bool waiting = c->client->waits();
    if (waiting) stop_waiting(*c);
    c->client->cancel();
    session::Actions actions = c->client->take_actions();
    if (actions.cancel_server && c->server != nullptr) return send_cancel(*c->server, done);
    drive(*c);
    done();
  });
}

void Worker::close_client(ClientConnection& c) {
  if (c.connection == nullptr) return;
  c.connection->close_after_flush();
  bury(c);
}

// The client's connection is closed, or about to close by itself.
void Worker::bury(ClientConnection& c) {
  c.connection = nullptr;
  stop_waiting(c);
  c.client->on_gone(reactor_.now());
  const session::Actions actions = c.client->take_actions();
  note_table_writes(c, actions);
  if (actions.marks) push_marks(c);
  if (c.server != nullptr && actions.cancel_server) send_cancel(*c.server, [] {});
  if (c.server != nullptr) give_back(c, *c.server, actions.released_broken);
  gone_counts_.add(c.client->counts());
  if (c.cancel_key.has_value()) hub_.cancels.remove(*c.cancel_key);
  const auto found = clients_.find(c.id);
  CHECK(found != clients_.end());
  graveyard_.push_back(std::move(found->second));
  clients_.erase(found);
  if (clients_.empty() && drained_) std::exchange(drained_, {})();
}

ClientConnection* Worker::find_client(std::uint64_t id) {
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : found->second.get();
}

void Worker::pick_up() {
  const std::uint64_t version = hub_.monitor->board().version();
  if (version != view_version_) {
    view_version_ = version;
    view_ = hub_.monitor->board().latest();
  }
  const std::uint64_t catalogues = hub_.catalogues->version();
  if (catalogues != catalogue_version_) {
    catalogue_version_ = catalogues;
    for (auto& [key, reader] : readers_) {
      auto catalogue = hub_.catalogues->latest(std::get<0>(key));
      if (catalogue != nullptr) reader->set_catalogue(std::move(catalogue));
      reader->set_doubtful(hub_.catalogues->in_doubt(std::get<0>(key)));
    }
  }
}

void Worker::end_turn() { graveyard_.clear(); }

void Worker::wake() {
  if (wants_views_.exchange(false)) reactor_.post([this] { recheck(); });
}

// What the worker has done since it started, once a minute if there is anything to tell.
void Worker::log_counts() {
  session::ClientCounts counts = gone_counts_;
  std::size_t pinned = 0;
  for (const auto& [id, c] : clients_) {
    counts.add(c->client->counts());
    if (c->client->pin() != sql::Pin::k_none) ++pinned;
  }
  if (counts.units_on_primary + counts.units_on_standby == 0) return;
  std::string met;  // of the levels in clients' lists: the first, the second, …
  for (const std::uint64_t count : counts.met) {
    met += (met.empty() ? "" : ",") + std::to_string(count);
  }
  log_info("counts", {{"worker", index_},
                      {"clients", clients_.size()},
                      {"pinned", pinned},
                      {"pinned_ever", pins_},
                      {"server_connections", servers_.size()},
                      {"on_primary", counts.units_on_primary},
                      {"on_standbys", counts.units_on_standby},
                      {"retried", counts.retries},
                      {"levels_met", met}});
}

void Worker::look_at_nodes() {
  reactor_.post([this] {
    refresh();
    leave_nodes();
  });
}

void Worker::drain(std::function<void()> done) {
  reactor_.post([this, done = std::move(done)] {
    drained_ = done;
    std::vector<std::uint64_t> ids;
    for (const auto& [id, c] : clients_) ids.push_back(id);
    for (const std::uint64_t id : ids) {
      ClientConnection* c = find_client(id);
      if (c == nullptr) continue;
      c->client->shut_down();
      drive(*c);
    }
    if (clients_.empty() && drained_) std::exchange(drained_, {})();
  });
}

void Worker::close_all() {
  reactor_.post([this] {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, c] : clients_) ids.push_back(id);
    for (const std::uint64_t id : ids) {
      ClientConnection* c = find_client(id);
      if (c != nullptr) close_client(*c);
    }
  });
}

void Worker::apply_live() {
  reactor_.post([this] {
    live_ = hub_.live();
    around_ = nullptr;
    derived_.clear();
    readers_.clear();
    scopes_.clear();
    for (const auto& [id, c] : clients_) c->client->read_anew();
    const auto size = static_cast<std::size_t>(live_->config.pool.size);
    for (auto& [name, pool] : pools_) pool->pool.resize(size / hub_.workers.size());
  });
}

}  // namespace tidemark::gateway
