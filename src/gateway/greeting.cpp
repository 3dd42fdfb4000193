// From a client that is who it says to one that is ready: it is greeted with what a server
// connection of its own tells.
#include "gateway/log.h"
#include "gateway/random_bytes.h"
#include "gateway/worker.h"

namespace tidemark::gateway {
namespace {

using Stage = ClientConnection::Stage;

// How long a login waits for any node to be there.
constexpr Duration k_node_patience = std::chrono::seconds(3);
// How long the first login to a database waits for its catalogue: without it every function would
// be taken for dangerous.
constexpr Duration k_catalogue_patience = std::chrono::seconds(1);

}  // namespace

// The node to ask for a login: the primary, which the client means, or else any that can be read.
consistency::NodeIndex Worker::node_to_log_in(const ClientConnection& c) const {
  const auto untried = [&](consistency::NodeIndex node) {
    return (c.login->tried & consistency::node_bit(node)) == 0;
  };
  if (view_->has_primary() && untried(view_->primary())) return view_->primary();
  for (consistency::NodeIndex node = 0; node < view_->nodes().size(); ++node) {
    if (view_->node(node).admitted() && untried(node)) return node;
  }
  return consistency::k_no_node;
}

void Worker::log_in(ClientConnection& c) {
  refresh();
  const session::ServerKey& key = c.client->login().key();
  const Instant now = reactor_.now();
  if (!c.logging_in) {
    c.logging_in = true;
    c.since = now;
    c.key = intern(key);
    hub_.catalogues->request(key.database);
  }
  const consistency::NodeIndex node = node_to_log_in(c);
  if (node != consistency::k_no_node) return acquire(c, node);
  if (c.trouble == nullptr && now - c.since < k_node_patience) {
    return wait_to_log_in(c, Stage::k_node, c.since + k_node_patience);
  }
  const session::Refusal nowhere{"57P03", "no node is available", {}, "Try again in a moment."};
  const session::Refusal refusal = c.trouble != nullptr ? *c.trouble : nowhere;
  stop_waiting(c);
  c.client->refuse(refusal);
}

// Goes on with the next view or catalogue, and at the latest when the time is up.
void Worker::wait_to_log_in(ClientConnection& c, ClientConnection::Stage stage, Instant until) {
  c.stage = stage;
  waiting_.push_back(c.id);
  wants_views_.store(true);
  if (c.timer) return;
  c.timer = reactor_.add_timer(until, [this, id = c.id] {
    ClientConnection* waiting = find_client(id);
    if (waiting == nullptr) return;
    waiting->timer = {};
    go_on_logging_in(*waiting);
  });
}

void Worker::go_on_logging_in(ClientConnection& c) {
  if (c.stage == Stage::k_node) {
    log_in(c);
  } else if (c.stage == Stage::k_catalogue) {
    greet(c);
  }
  drive(c);
}

// A server connection has told the parameters that this client is to be greeted with.
void Worker::greet(ClientConnection& c) {
  const std::string& database = c.client->login().key().database;
  const bool first = hub_.catalogues->latest(database) == nullptr;
  if (first && reactor_.now() - c.since < k_catalogue_patience) {
    return wait_to_log_in(c, Stage::k_catalogue, c.since + k_catalogue_patience);
  }
  reactor_.cancel(c.timer);
  c.stage = Stage::k_none;
  c.logging_in = false;
  c.trouble.reset();
  std::optional<CancelRegistry::Key>& key = c.cancel_key;
  do {
    key = CancelRegistry::key_of(c.login->pid, random_bytes(sizeof(CancelRegistry::Secret)));
  } while (!hub_.cancels.add(*key, {index_, c.id}));
  c.client->greet(c.login->parameters, c.login->search_path, key->pid, key->secret_bytes());
  c.login.reset();
  log_debug("client_ready",
            {{"client", c.id}, {"user", c.client->login().user()}, {"database", database}});
}

}  // namespace tidemark::gateway
