// Sessions that are more than a connection: shared under a key, and handed on as tokens.
#include <utility>

#include "gateway/client_session.h"
#include "gateway/worker.h"

namespace tidemark::gateway {
namespace {

using Stage = ClientConnection::Stage;
using consistency::Session;
using routing::Reason;

}  // namespace

std::expected<routing::Decision, session::Refusal> Worker::decide(ClientConnection& c) {
  const auto placed =
      with_session(*c.client, c.under_keys, *hub_.sessions, *view_, [&](Session& session) {
        Placed ordinary = gateway::decide(*c.client, session, *view_, loads_, reactor_.now());
        const auto quiet = decide_quiet(c, ordinary, session);
        if (quiet.has_value()) ordinary.decision = *quiet;
        return ordinary;
      });
  if (!placed.has_value()) return std::unexpected(placed.error());
  c.alternative = placed->alternative;
  return placed->decision;
}

void Worker::forgive(ClientConnection& c, Reason told) {
  (void)with_session(*c.client, c.under_keys, *hub_.sessions, *view_,
                     [told](Session& session) { gateway::forgive(session, told); });
}

// What has been done is remembered, whether there is room or not: its answer is about to leave.
void Worker::push_marks(ClientConnection& c) {
  if (c.client->session_key().empty()) return;
  (void)with_session(
      *c.client, c.under_keys, *hub_.sessions, *view_, [](Session&) {}, Room::k_exceeded);
}

// Tells the client what its session requires, once all of it is known.
void Worker::make_token(ClientConnection& c) {
  refresh();
  const Instant now = reactor_.now();
  if (c.stage != Stage::k_token) c.since = now;
  reactor_.cancel(c.timer);
  c.stage = Stage::k_none;
  const auto look = with_session(
      *c.client, c.under_keys, *hub_.sessions, *view_,
      [&](Session& session) { return look_for_token(*c.client, session, *view_, c.since); });
  if (!look.has_value()) return c.client->refuse_token(look.error());
  if (look->token.has_value()) return c.client->provide_token(*look->token);
  const Instant deadline = c.since + live_->config.consistency.wait_for_barrier;
  if (look->refused.has_value() || now >= deadline) {
    return c.client->refuse_token(refusal_for(look->refused.value_or(Reason::k_fate_unknown)));
  }
  c.stage = Stage::k_token;
  c.timer = reactor_.add_timer(deadline, [this, id = c.id] {
    ClientConnection* waiting = find_client(id);
    if (waiting == nullptr || waiting->stage != Stage::k_token) return;
    waiting->timer = {};
    make_token(*waiting);
    drive(*waiting);
  });
  await_view(c, look->pending);
}

}  // namespace tidemark::gateway
