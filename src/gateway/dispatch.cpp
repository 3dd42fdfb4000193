// From what a client needs to the server connection that serves it.
#include <algorithm>
#include <utility>

#include "base/duration.h"
#include "gateway/client_session.h"
#include "gateway/log.h"
#include "gateway/worker.h"

namespace tidemark::gateway {
namespace {

using Stage = ClientConnection::Stage;
using routing::Action;
using routing::Reason;

// How long after the first of its processes has gone a node that stops may still answer.
constexpr auto k_time_to_stop = std::chrono::milliseconds(250);

// Whether another node may do better, or the error is the same everywhere.
bool is_of_the_node(const std::string& sqlstate) {
  return sqlstate.starts_with("08") || sqlstate.starts_with("53") || sqlstate.starts_with("57P");
}

}  // namespace

session::ServerKey Worker::key_of(const ClientConnection& c) const {
  return c.client->login().key();
}

std::shared_ptr<const pool::KeyId> Worker::intern(const session::ServerKey& key) {
  std::string text = key.user + '\0' + key.database;
  for (const auto& [name, value] : key.parameters) text += '\0' + name + '\0' + value;
  auto& known = keys_[text];
  auto id = known.lock();
  if (id == nullptr) {
    id = std::make_shared<const pool::KeyId>(next_id_++);
    known = id;
  }
  return id;
}

NodePool& Worker::pool_for(consistency::NodeIndex node, const session::ServerKey& key) {
  auto& pool = pools_[{node, key.database, key.user}];
  if (pool == nullptr) {
    const auto size = static_cast<std::size_t>(live_->config.pool.size) / hub_.workers.size();
    pool = std::make_unique<NodePool>(NodePool{node, key.database, key.user, pool::Pool(size)});
  }
  return *pool;
}

void Worker::start_route(ClientConnection& c) {
  hub_.monitor->stir();
  if (c.verdict_pending) {
    c.stage = Stage::k_verdict;
    return;
  }
  c.trouble.reset();
  route(c);
}

void Worker::route(ClientConnection& c) {
  refresh();
  routing::Request& request = c.client->request();
  const ConsistencyConfig& policy = live_->config.consistency;
  set_limits(request, c.client->ruling(), policy);
  request.rotation = ++rotation_;
  while (true) {
    const auto decided = decide(c);
    if (!decided.has_value()) {
      stop_waiting(c);
      return c.client->refuse(decided.error());
    }
    const routing::Decision& decision = *decided;
    if (decision.action == Action::k_wait) return wait(c, decision);
    if (decision.action == Action::k_serve) {
      c.decision = decision;
      c.decided_on = view_->version();
      return c.server != nullptr ? stay(c) : acquire(c, decision.node);
    }
    const bool lost =
        decision.reason == Reason::k_lost_writes || decision.reason == Reason::k_lost_reads;
    if (lost && policy.lost_writes == LostWrites::k_warn) {
      c.client->warn(refusal_for(decision.reason));
      forgive(c, decision.reason);
    } else if (decision.reason == Reason::k_no_primary && request.needs_primary &&
               c.client->only_prefers_primary() && c.server == nullptr) {
      request.needs_primary = false;
    } else {
      return refuse(c, decision);
    }
  }
}

void Worker::refuse(ClientConnection& c, const routing::Decision& decision) {
  stop_waiting(c);
  const bool lost =
      decision.reason == Reason::k_lost_writes || decision.reason == Reason::k_lost_reads;
  if (lost) forgive(c, decision.reason);
  const session::Refusal refusal =
      c.trouble != nullptr && !lost ? *c.trouble : refusal_for(*c.client, decision.reason);
  c.client->refuse(refusal);
}

void Worker::wait(ClientConnection& c, const routing::Decision& decision) {
  routing::Request& request = c.client->request();
  const Instant now = reactor_.now();
  if (!request.waiting_since.has_value()) request.waiting_since = now;
  c.stage = Stage::k_decision;
  reactor_.cancel(c.timer);
  c.timer = reactor_.add_timer(decision.until, [this, id = c.id] {
    ClientConnection* waiting = find_client(id);
    if (waiting == nullptr || waiting->stage != Stage::k_decision) return;
    waiting->timer = {};
    route(*waiting);
    drive(*waiting);
  });
  await_view(c, {.wanted = decision.wanted, .since = decision.since, .nudge = decision.nudge});
}

// The client is looked at again when the next view comes, and the monitor is asked for what it
// needs; nor may it doze while somebody waits.
void Worker::await_view(ClientConnection& c, const routing::Pending& pending) {
  hub_.monitor->stir();
  waiting_.push_back(c.id);
  wants_views_.store(true);
  if (pending.wanted != 0) {
    hub_.monitor->request(pending.wanted, std::min(pending.since, reactor_.now()));
  }
  if (pending.nudge) hub_.monitor->nudge();
  // A view that came before the flag was set wakes nobody.
  if (hub_.monitor->board().version() != view_version_) wake();
}

void Worker::acquire(ClientConnection& c, consistency::NodeIndex node) {
  reactor_.cancel(c.timer);
  const bool again = c.last_pool != nullptr && c.last_pool->node == node;
  NodePool& pool = again ? *c.last_pool : pool_for(node, c.client->login().key());
  c.pool = c.last_pool = &pool;
  c.stage = Stage::k_place;
  ++loads_[node].active;
  const bool fresh = !c.logging_in && c.client->needs_own_session() && [&] {
    const auto home = servers_.find(c.home);
    return home == servers_.end() || home->second->session == nullptr ||
           home->second->session->last_client() != c.id;
  }();
  apply(pool, pool.pool.ask(c.id, *c.key, c.home, fresh), &c);
}

void Worker::apply(NodePool& pool, const pool::Grant& first, ClientConnection* asking) {
  std::optional<pool::Grant> grant = first;
  while (grant.has_value()) {
    const pool::Grant now = *std::exchange(grant, std::nullopt);
    if (now.evicted != 0) {
      const auto evicted = servers_.find(now.evicted);
      if (evicted != servers_.end()) destroy(*evicted->second);
    }
    ClientConnection* const known = std::exchange(asking, nullptr);
    const bool same = known != nullptr && known->id == now.client;
    ClientConnection* c = same ? known : find_client(now.client);
    const bool wanted = c != nullptr && c->pool == &pool && c->stage == Stage::k_place;
    switch (now.kind) {
      case pool::Grant::Kind::k_use: {
        ServerConnection& s = *servers_.at(now.server);
        if (wanted) {
          take(*c, s);
          // It may have waited, with what it sent unread; who asks goes on by itself.
          if (!same) drive(*c);
        } else {
          grant = pool.pool.release(s.id, reactor_.now());
        }
        break;
      }
      case pool::Grant::Kind::k_open:
        if (wanted) {
          open(pool, *c);
        } else {
          grant = pool.pool.gone(0);
        }
        break;
      case pool::Grant::Kind::k_wait:
        if (!wanted) break;
        c->timer = reactor_.add_timer(reactor_.now() + live_->config.pool.wait_timeout,
                                      [this, id = c->id] {
                                        ClientConnection* waiting = find_client(id);
                                        if (waiting == nullptr || waiting->stage != Stage::k_place)
                                          return;
                                        waiting->timer = {};
                                        waited_too_long(*waiting);
                                      });
        break;
    }
  }
}

void Worker::waited_too_long(ClientConnection& c) {
  const NodePool& pool = *c.pool;
  const session::Refusal refusal = {
      "53300",
      "no server connection became free within " + format_duration(live_->config.pool.wait_timeout),
      "All " + std::to_string(pool.pool.size()) + " connections of user \"" + pool.user +
          "\" to database \"" + pool.database + "\" on node " + hub_.nodes[pool.node].to_string() +
          " are in use.",
      "Raise pool.size or pool.wait_timeout, or keep transactions short."};
  stop_waiting(c);
  c.client->refuse(refusal);
  drive(c);
}

// The connection is this client's, if it belongs to the run of its node that was decided on.
void Worker::take(ClientConnection& c, ServerConnection& s) {
  const consistency::NodeIndex node = s.pool.node;
  reactor_.cancel(c.timer);
  if (c.logging_in) {
    c.home = s.id;
    c.pool = nullptr;
    c.login->parameters = s.session->parameters();
    c.login->search_path = s.session->search_path();
    c.login->pid = s.session->pid();
    s.session->set_last_client(c.id);
    --loads_[node].active;
    free_server(s);
    greet(c);
    drive(c);
    return;
  }
  refresh();
  const topology::NodeView& state = view_->node(node);
  if (s.incarnation == 0) s.incarnation = view_->incarnation_of_connection(node, s.born);
  if (s.incarnation == 0 && state.admitted()) {
    c.stage = Stage::k_incarnation;
    c.intended = &s;
    s.intended = &c;
    return await_view(c, {.wanted = consistency::node_bit(node), .since = s.born, .nudge = false});
  }
  c.intended = nullptr;
  s.intended = nullptr;
  const bool current = s.incarnation != 0 && s.incarnation == state.incarnation;
  const bool stands = s.incarnation == c.decision.incarnation && state.admitted() &&
                      (state.role == consistency::Role::k_standby || view_->primary() == node);
  if (current && (stands || c.decided_on == view_->version())) return attach(c, s);
  // Of a run that is over, or the decision is.
  c.stage = Stage::k_none;
  c.pool = nullptr;
  --loads_[node].active;
  if (current) {
    free_server(s);
  } else {
    NodePool& pool = s.pool;
    const auto grant = pool.pool.gone(s.id);
    destroy(s);
    if (grant.has_value()) apply(pool, *grant);
  }
  route(c);
  drive(c);
}

void Worker::attach(ClientConnection& c, ServerConnection& s) {
  c.stage = Stage::k_none;
  c.pool = nullptr;
  c.server = &s;
  c.home = s.id;
  s.client = &c;
  c.client->attach(*s.session, route_of(c, s.pool.node));
}

session::Route Worker::route_of(const ClientConnection& c, consistency::NodeIndex node) const {
  return {.decision = c.decision,
          .promise = c.client->request().promise,
          .on_primary = view_->primary() == node,
          .why_primary = c.client->why_primary(),
          .rules = c.client->ruling().rules,
          .alternative = c.alternative};
}

// A pinned client has its server connection, and can use no other.
void Worker::stay(ClientConnection& c) {
  stop_waiting(c);
  const ServerConnection& s = *c.server;
  const consistency::NodeIndex node = s.pool.node;
  const bool same = node == c.decision.node && s.incarnation == c.decision.incarnation;
  if (!same) return c.client->lose_place();
  session::Route route = route_of(c, node);
  if (route.why_primary == nullptr) route.why_primary = to_string(c.client->pin());
  c.client->stay(route);
}

// The node could not serve the client that waited for it: another may.
void Worker::node_failed(ClientConnection& c, consistency::NodeIndex node,
                         const session::Refusal& trouble) {
  const bool elsewhere = is_of_the_node(trouble.sqlstate);
  c.stage = Stage::k_none;
  c.pool = nullptr;
  c.intended = nullptr;
  --loads_[node].active;
  c.trouble = std::make_unique<session::Refusal>(trouble);
  if (!elsewhere) {
    c.client->refuse(trouble);
  } else if (c.logging_in) {
    c.login->tried |= consistency::node_bit(node);
    log_in(c);
  } else {
    c.client->request().excluded |= consistency::node_bit(node);
    route(c);
  }
  drive(c);
}

void Worker::stop_waiting(ClientConnection& c) {
  reactor_.cancel(c.timer);
  const Stage stage = std::exchange(c.stage, Stage::k_none);
  if (c.pool != nullptr) {
    --loads_[c.pool->node].active;
    c.pool->pool.forget(c.id);
  }
  c.pool = nullptr;
  ServerConnection* intended = std::exchange(c.intended, nullptr);
  if (intended == nullptr) return;
  intended->intended = nullptr;
  // What is being opened becomes anybody's when it is there.
  if (stage == Stage::k_incarnation) free_server(*intended);
}

// pg_terminate_backend() of the connection that a client was greeted with ends the client's
// session, too. A node that stops ends all of its connections with the same words, and no client's
// session: a sample that was sent well afterwards, in the same run of the node, tells the one from
// the other. A node that stops tells all of its processes at once, but on a busy machine one of
// them may still answer while others have gone.
void Worker::end_terminated_sessions() {
  const std::vector<Ended> pending = std::exchange(ended_, {});
  for (const Ended& ended : pending) {
    ClientConnection* c = find_client(ended.client);
    if (c == nullptr) continue;
    const topology::NodeView& node = view_->node(ended.node);
    const bool same_run = node.admitted() && node.incarnation == ended.incarnation;
    if (same_run && node.sampled_at <= ended.at + k_time_to_stop) {
      ended_.push_back(ended);
      continue;
    }
    c->verdict_pending = false;
    if (same_run) {
      c->client->end_session();
    } else if (c->stage == Stage::k_verdict) {
      c->stage = Stage::k_none;
      start_route(*c);
    }
    drive(*c);
  }
  if (!ended_.empty()) wants_views_.store(true);
}

// A new view: whoever waits for one is looked at again.
void Worker::recheck() {
  refresh();
  end_terminated_sessions();
  const std::vector<std::uint64_t> waiting = std::exchange(waiting_, {});
  for (const std::uint64_t id : waiting) {
    ClientConnection* c = find_client(id);
    if (c == nullptr) continue;
    if (c->stage == Stage::k_decision) {
      route(*c);
    } else if (c->stage == Stage::k_incarnation) {
      take(*c, *c->intended);
    } else if (c->stage == Stage::k_token) {
      make_token(*c);
    } else if (c->stage == Stage::k_node || c->stage == Stage::k_catalogue) {
      go_on_logging_in(*c);
    } else {
      continue;
    }
    drive(*c);
  }
}

}  // namespace tidemark::gateway
