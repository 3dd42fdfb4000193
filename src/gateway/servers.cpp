// Server connections: opened, shared, cancelled, closed.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/duration.h"
#include "gateway/log.h"
#include "gateway/random_bytes.h"
#include "gateway/worker.h"
#include "wire/startup.h"

namespace tidemark::gateway {
namespace {

using Stage = ClientConnection::Stage;

constexpr Duration k_expiry_interval = std::chrono::seconds(1);
// How often, and with what pause, what a client that is gone left running is told to stop.
constexpr int k_max_cancel_rounds = 20;
constexpr Duration k_cancel_pause = std::chrono::milliseconds(50);
constexpr Duration k_count_interval = std::chrono::minutes(1);
// How long a cancel request may take to reach its server.
constexpr Duration k_cancel_timeout = std::chrono::seconds(5);

// A connection that carries one cancel request: it is done when the server closes it.
class CancelConnection final : public net::Handler {
 public:
  CancelConnection(net::Reactor& reactor, std::function<void()> done)
      : reactor_(reactor), done_(std::move(done)) {}

  static void start(net::Reactor& reactor, const net::Address& address, std::uint32_t pid,
                    const std::string& key, std::function<void()> done) {
    auto* self = new CancelConnection(reactor, std::move(done));
    self->connection_ = reactor.connect(address, *self);
    wire::append_cancel_request(self->connection_->out().tail(), pid, key);
    self->connection_->flush_later();
    self->timer_ = reactor.add_timer(reactor.now() + k_cancel_timeout, [self] {
      self->connection_->close();
      self->finish();
    });
  }

  std::size_t on_bytes(std::string_view bytes) override { return bytes.size(); }
  void on_closed(const Error& /*why*/) override { finish(); }

 private:
  void finish() {
    reactor_.cancel(timer_);
    // Not while the connection may still be calling this.
    reactor_.post([this] {
      done_();
      delete this;
    });
  }

  net::Reactor& reactor_;
  std::function<void()> done_;
  net::Connection* connection_ = nullptr;
  net::Timer timer_;
};

}  // namespace

void ServerConnection::on_connected() {
  session->start();
  connection->flush_later();
}

std::size_t ServerConnection::on_bytes(std::string_view bytes) {
  return worker.server_bytes(*this, bytes);
}

void ServerConnection::on_drained() {
  if (client != nullptr) worker.update_reading(*client);
}

void ServerConnection::on_closed(const Error& why) { worker.server_closed(*this, why); }

// REQUIRES: the pool has counted the new connection in.
void Worker::open(NodePool& pool, ClientConnection& c) {
  const pool::ServerId id = next_id_++;
  auto owned = std::make_unique<ServerConnection>(*this, id, pool, c.key);
  ServerConnection& s = *owned;
  c.stage = Stage::k_opening;
  c.intended = &s;
  s.intended = &c;
  servers_.emplace(id, std::move(owned));
  s.connection = reactor_.connect(hub_.nodes[pool.node], s);
  const std::string* secret = live_->users.secret(pool.user);
  const bool clear = secret != nullptr && !wire::is_scram_secret(*secret);
  s.session = std::make_unique<session::Server>(
      pool.node, key_of(c), clear ? *secret : std::string(),
      random_bytes(wire::k_scram_nonce_bytes), s.connection->out());
  s.timer = reactor_.add_timer(reactor_.now() + live_->config.pool.connect_timeout, [this, id] {
    const auto found = servers_.find(id);
    if (found == servers_.end()) return;
    server_failed(*found->second, {"08001",
                                   "node " + hub_.nodes[found->second->pool.node].to_string() +
                                       " did not accept a connection within " +
                                       format_duration(live_->config.pool.connect_timeout),
                                   {},
                                   {}});
  });
}

std::size_t Worker::server_bytes(ServerConnection& s, std::string_view bytes) {
  std::size_t consumed = 0;
  std::string nowhere;
  while (consumed < bytes.size() && s.connection != nullptr) {
    if (s.client != nullptr) {
      ClientConnection& c = *s.client;
      const std::size_t count = c.client->on_server_bytes(bytes.substr(consumed), reactor_.now());
      consumed += count;
      drive(c);
      if (count == 0 || s.client != nullptr) break;
      continue;
    }
    const session::ServerEvent event = s.session->next(bytes.substr(consumed), false, nowhere);
    consumed += event.consumed;
    using Kind = session::ServerEvent::Kind;
    if (event.kind == Kind::k_started) {
      server_started(s);
    } else if (event.kind == Kind::k_failed) {
      server_failed(s, s.session->refusal());
    } else if (event.kind == Kind::k_error) {
      const auto fields = wire::decode_error(event.payload);
      s.terminated = fields.has_value() && fields->sqlstate() == "57P01";
    } else if (event.kind == Kind::k_parameter) {
      s.session->note_parameter(event.payload);
    } else if (event.kind == Kind::k_none) {
      if (s.connection != nullptr && !s.session->started()) s.connection->flush_later();
      break;
    }
  }
  return s.connection == nullptr ? bytes.size() : consumed;
}

void Worker::server_started(ServerConnection& s) {
  reactor_.cancel(s.timer);
  s.born = reactor_.now();
  s.pool.pool.opened(s.id, *s.key);
  share_parameters(*s.session);
  log_debug("server_connected", {{"server", s.id},
                                 {"node", hub_.nodes[s.pool.node].to_string()},
                                 {"user", s.pool.user},
                                 {"database", s.pool.database},
                                 {"pid", s.session->pid()}});
  ClientConnection* c = std::exchange(s.intended, nullptr);
  if (c == nullptr) return free_server(s);
  c->intended = nullptr;
  c->stage = Stage::k_place;
  take(*c, s);
  if (c->connection != nullptr) drive(*c);
}

// Most servers report the same. Where they share it, a client that goes from one to the next sees
// at once that it has nothing to be told.
void Worker::share_parameters(session::Server& server) {
  const session::ParametersPtr& reported = server.parameters();
  if (reported == nullptr) return;
  std::erase_if(parameters_, [](const auto& known) { return known.use_count() == 1; });
  const auto same = std::ranges::find_if(
      parameters_, [&](const session::ParametersPtr& known) { return *known == *reported; });
  if (same == parameters_.end()) return parameters_.push_back(reported);
  server.share_parameters(*same);
}

// It could not be opened.
void Worker::server_failed(ServerConnection& s, const session::Refusal& trouble) {
  log_warning("server_connection_failed", {{"node", hub_.nodes[s.pool.node].to_string()},
                                           {"user", s.pool.user},
                                           {"database", s.pool.database},
                                           {"sqlstate", trouble.sqlstate},
                                           {"reason", trouble.message}});
  NodePool& pool = s.pool;
  ClientConnection* c = std::exchange(s.intended, nullptr);
  destroy(s);
  if (c != nullptr) node_failed(*c, pool.node, trouble);
  const auto grant = pool.pool.gone(0);
  if (grant.has_value()) apply(pool, *grant);
}

void Worker::server_closed(ServerConnection& s, const Error& why) {
  const std::string node = hub_.nodes[s.pool.node].to_string();
  if (s.session == nullptr || !s.session->started()) {
    s.connection = nullptr;
    return server_failed(
        s, {"08001", "could not connect to node " + node + ": " + why.message, {}, {}});
  }
  log_debug("server_connection_lost", {{"server", s.id}, {"node", node}, {"reason", why.message}});
  s.connection = nullptr;
  NodePool& pool = s.pool;
  const bool idle = s.client == nullptr && s.intended == nullptr && !s.cooling;
  ClientConnection* c = std::exchange(s.client, nullptr);
  ClientConnection* intended = std::exchange(s.intended, nullptr);
  if (c != nullptr) {
    c->server = nullptr;
    --loads_[pool.node].active;
    c->client->on_server_lost(why, reactor_.now());
  }
  ClientConnection* last = idle && s.terminated ? find_client(s.session->last_client()) : nullptr;
  if (last != nullptr && last->home == s.id && last->server == nullptr &&
      last->stage == Stage::k_none) {
    last->verdict_pending = true;
    ended_.push_back({last->id, pool.node, s.incarnation, reactor_.now()});
    wants_views_.store(true);
    hub_.monitor->request(consistency::node_bit(pool.node), reactor_.now());
  }
  const auto grant = idle ? pool.pool.idle_gone(s.id) : pool.pool.gone(s.id);
  destroy(s);
  if (intended != nullptr) {
    node_failed(*intended, pool.node,
                {"08006", "the connection to node " + node + " was lost", {}, {}});
  }
  if (c != nullptr) drive(*c);
  if (grant.has_value()) apply(pool, *grant);
}

// Lets go of nodes that may not serve. What is idle is closed, and so is what runs a read that can
// run elsewhere; on a node that belongs to another history everything is.
void Worker::leave_nodes() {
  using topology::Admission;
  std::vector<pool::ServerId> leaving;
  for (const auto& [id, s] : servers_) {
    if (s->session == nullptr || !s->session->started()) continue;
    const Admission admission = view_->node(s->pool.node).admission;
    if (admission == Admission::k_admitted || admission == Admission::k_never_sampled) continue;
    const bool silent = admission == Admission::k_unreachable || admission == Admission::k_stale;
    const bool idle = s->client == nullptr && s->intended == nullptr && !s->cooling;
    if (!silent || idle || (s->client != nullptr && s->client->client->can_run_elsewhere())) {
      leaving.push_back(id);
    }
  }
  for (const pool::ServerId id : leaving) {
    const auto found = servers_.find(id);
    if (found == servers_.end() || found->second->connection == nullptr) continue;
    ServerConnection& s = *found->second;
    s.connection->close();
    server_closed(s, Error{"node " + hub_.nodes[s.pool.node].to_string() + " is " +
                           std::string(to_string(view_->node(s.pool.node).admission))});
  }
}

// A client is done with its connection, which may have been given something in this very turn.
void Worker::give_back(ClientConnection& c, ServerConnection& s, bool broken) {
  if (s.connection != nullptr) s.connection->flush_later();
  c.server = nullptr;
  s.client = nullptr;
  s.broken = s.broken || broken;
  --loads_[s.pool.node].active;
  if (s.cancels > 0) {
    s.cooling = true;
    return;
  }
  free_server(s);
}

// REQUIRES: the pool counts the connection as in use, and nobody has it.
void Worker::free_server(ServerConnection& s) {
  NodePool& pool = s.pool;
  s.cooling = false;
  if (s.broken || s.connection == nullptr) {
    const auto grant = pool.pool.gone(s.id);
    destroy(s);
    if (grant.has_value()) apply(pool, *grant);
    return;
  }
  if (!s.connection->reading()) s.connection->resume_reading();
  const auto grant = pool.pool.release(s.id, reactor_.now());
  if (grant.has_value()) apply(pool, *grant);
}

// REQUIRES: the pool does not count the connection any more.
void Worker::destroy(ServerConnection& s) {
  reactor_.cancel(s.timer);
  if (s.connection != nullptr) {
    if (s.session != nullptr && s.session->started()) {
      s.connection->out().append(std::string_view("X\0\0\0\4", 5));
      s.connection->close_after_flush();
    } else {
      s.connection->close();
    }
    s.connection = nullptr;
  }
  const auto found = servers_.find(s.id);
  CHECK(found != servers_.end());
  graveyard_.push_back(std::move(found->second));
  servers_.erase(found);
}

// Nobody else gets the connection before the request has reached the server: it stops what it was
// meant for, or nothing.
void Worker::send_cancel(ServerConnection& s, std::function<void()> done) {
  ++s.cancels;
  CancelConnection::start(reactor_, hub_.nodes[s.pool.node], s.session->pid(),
                          s.session->cancel_key(), [this, id = s.id, done = std::move(done)] {
                            cancel_sent(id);
                            done();
                          });
}

void Worker::cancel_sent(pool::ServerId server) {
  const auto found = servers_.find(server);
  if (found == servers_.end()) return;
  ServerConnection& s = *found->second;
  if (--s.cancels == 0 && s.cooling) cool(s);
}

// A connection that nobody has and that was cancelled. What it runs for a client that is gone may
// have begun only behind the request, which then stopped nothing: it is asked again before it is
// closed.
void Worker::cool(ServerConnection& s) {
  const bool runs = s.broken && !s.session->replies().empty();
  if (!runs || ++s.cancel_rounds > k_max_cancel_rounds) return free_server(s);
  s.timer = reactor_.add_timer(reactor_.now() + k_cancel_pause, [this, id = s.id] {
    const auto found = servers_.find(id);
    if (found == servers_.end()) return;
    ServerConnection& cooling = *found->second;
    if (cooling.session->replies().empty()) return free_server(cooling);
    send_cancel(cooling, [] {});
  });
}

void Worker::evict(const std::string& database) {
  reactor_.post([this, database] {
    std::vector<pool::ServerId> idle;
    for (const auto& [id, s] : servers_) {
      const bool unused = s->client == nullptr && s->intended == nullptr && !s->cooling;
      if (s->pool.database == database && unused && s->session != nullptr &&
          s->session->started()) {
        idle.push_back(id);
      }
    }
    for (const pool::ServerId id : idle) {
      ServerConnection& s = *servers_.at(id);
      s.pool.pool.idle_gone(id);
      destroy(s);
    }
  });
}

void Worker::expire_idle() {
  const Instant before = reactor_.now() - live_->config.pool.idle_timeout;
  for (auto& [name, pool] : pools_) {
    for (const pool::ServerId id : pool->pool.expire(before)) destroy(*servers_.at(id));
  }
  if (reactor_.now() - counted_at_ >= k_count_interval) {
    counted_at_ = reactor_.now();
    log_counts();
  }
  std::erase_if(keys_, [](const auto& entry) { return entry.second.expired(); });
  reactor_.add_timer(reactor_.now() + k_expiry_interval, [this] { expire_idle(); });
}

}  // namespace tidemark::gateway
