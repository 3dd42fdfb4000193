// Sessions that are more than a connection: shared under a key, and handed on as tokens.
#include <utility>

#include "gateway/worker.h"
#include "routing/choose.h"
#include "routing/claim.h"
#include "routing/refusal.h"
#include "routing/settle.h"

namespace tidemark::gateway {
namespace {

using Stage = ClientConnection::Stage;
using consistency::Session;
using routing::Action;
using routing::Decision;
using routing::Reason;

routing::Claim claim_in(const session::Token& token) {
  return {token.timeline, token.writes, token.reads, token.shown};
}

}  // namespace

// The session whose marks the client minds, with what its connection has not handed over yet. What
// was done under a key belongs to that key's session, and to the connection's own when it has none
// again; but not to that of the next key.
template <class F>
auto Worker::with_session(ClientConnection& c, F f)
    -> std::expected<std::invoke_result_t<F, Session&>, session::Refusal> {
  Session& own = c.client->session();
  if (c.client->session_key().empty()) {
    if (c.under_keys != nullptr) own.merge(*std::exchange(c.under_keys, nullptr));
    if constexpr (std::is_void_v<std::invoke_result_t<F, Session&>>) {
      f(own);
      return {};
    } else {
      return f(own);
    }
  }
  return hub_.sessions->with(c.client->session_key(), [&](Session& shared) {
    if (!own.empty()) {
      if (c.under_keys == nullptr) c.under_keys = std::make_unique<Session>();
      c.under_keys->merge(own);
      routing::settle(own, *view_);
      routing::settle(shared, *view_);
      shared.merge(own);
      own.clear();
    }
    return f(shared);
  });
}

// A token that cannot be taken over is dropped once that is sure: its client is told.
routing::Taken Worker::take_tokens(ClientConnection& c, Session& session, Instant since) {
  std::vector<session::Token>& tokens = c.client->tokens();
  while (!tokens.empty()) {
    const auto taken = routing::take_over(claim_in(tokens.back()), session, *view_, since);
    if (taken == routing::Taken::k_not_yet) return taken;
    tokens.pop_back();
    if (taken == routing::Taken::k_beyond) return taken;
  }
  return routing::Taken::k_taken;
}

std::expected<Decision, session::Refusal> Worker::decide(ClientConnection& c) {
  return with_session(c, [&](Session& session) { return decide(c, session); });
}

Decision Worker::decide(ClientConnection& c, Session& session) {
  const routing::Request& request = c.client->request();
  const Instant now = reactor_.now();
  const Instant since = request.waiting_since.value_or(now);
  const routing::Taken taken = take_tokens(c, session, since);
  if (taken == routing::Taken::k_not_yet) {
    const Instant deadline = since + request.barrier_wait_limit;
    const auto wanted = view_->has_primary() ? consistency::node_bit(view_->primary()) : 0;
    if (now < deadline) {
      return Decision{.action = Action::k_wait,
                      .reason = Reason::k_wait_for_mark,
                      .until = deadline,
                      .wanted = wanted};
    }
    return Decision{.action = Action::k_refuse, .reason = Reason::k_fate_unknown};
  }
  if (taken == routing::Taken::k_beyond) {
    return Decision{.action = Action::k_refuse, .reason = Reason::k_from_future};
  }
  c.alternative.reset();
  const auto& alternatives = c.client->alternatives();
  if (alternatives.empty()) return routing::decide(request, session, *view_, loads_, now);

  std::vector<routing::Request> requests = alternatives;
  for (routing::Request& other : requests) {
    other.wait_limit = request.wait_limit;
    other.barrier_wait_limit = request.barrier_wait_limit;
    other.primary_wait_limit = request.primary_wait_limit;
    other.otherwise = request.otherwise;
    other.waiting_since = request.waiting_since;
    other.rotation = request.rotation;
    other.excluded = request.excluded;
  }
  const routing::Choice choice = routing::choose(requests, session, *view_, loads_, now);
  c.alternative = choice.index;
  c.client->request().promise = requests[choice.index].promise;
  return choice.decision;
}

void Worker::forgive(ClientConnection& c, Reason told) {
  (void)with_session(c, [told](Session& session) {
    if (told == Reason::k_lost_writes) return session.forgive();
    session.forgive_reads();
  });
}

// A session that cannot be shared for want of room stays with its connection until there is some.
void Worker::push_marks(ClientConnection& c) {
  if (c.client->session_key().empty()) return;
  (void)with_session(c, [](Session&) {});
}

// Tells the client what its session requires, once all of it is known.
void Worker::make_token(ClientConnection& c) {
  refresh();
  const Instant now = reactor_.now();
  if (c.stage != Stage::k_token) c.since = now;
  c.stage = Stage::k_token;
  reactor_.cancel(c.timer);
  std::optional<routing::Claim> claim;
  routing::Pending pending;
  std::optional<Reason> lost;
  const auto looked = with_session(c, [&](Session& session) {
    const routing::Taken taken = take_tokens(c, session, c.since);
    if (taken == routing::Taken::k_beyond) {
      lost = Reason::k_from_future;
      return;
    }
    routing::settle(session, *view_);
    if (session.lost_writes() || session.lost_reads()) {
      lost = session.lost_writes() ? Reason::k_lost_writes : Reason::k_lost_reads;
      if (c.client->hears_of_refused_token()) session.forgive();
      return;
    }
    if (taken == routing::Taken::k_taken) claim = routing::claim_of(session, *view_);
    if (!claim) pending = routing::pending_of(session, *view_);
    if (!claim && view_->has_primary()) pending.wanted |= consistency::node_bit(view_->primary());
  });
  const Instant deadline = c.since + live_->config.consistency.wait_for_barrier;
  if (claim.has_value()) {
    c.stage = Stage::k_none;
    const session::Token token = {view_->system_identifier(), claim->timeline, claim->writes,
                                  claim->reads, claim->shown};
    return c.client->provide_token(c.client->seal(token));
  }
  if (!looked.has_value() || lost.has_value() || now >= deadline) {
    c.stage = Stage::k_none;
    const auto refusal = routing::refusal_of(lost.value_or(Reason::k_fate_unknown));
    return c.client->refuse_token(looked.has_value()
                                      ? session::Refusal{std::string(refusal.sqlstate),
                                                         std::string(refusal.message),
                                                         {},
                                                         std::string(refusal.hint)}
                                      : looked.error());
  }
  c.timer = reactor_.add_timer(deadline, [this, id = c.id] {
    ClientConnection* waiting = find_client(id);
    if (waiting == nullptr || waiting->stage != Stage::k_token) return;
    waiting->timer = {};
    make_token(*waiting);
    drive(*waiting);
  });
  waiting_.push_back(c.id);
  wants_views_.store(true);
  if (pending.wanted != 0) hub_.monitor->request(pending.wanted);
  if (pending.nudge) hub_.monitor->nudge();
  if (hub_.monitor->board().version() != view_version_) wake();
}

}  // namespace tidemark::gateway
