#include "gateway/client_session.h"

#include <vector>

#include "routing/choose.h"
#include "routing/refusal.h"
#include "routing/router.h"

namespace tidemark::gateway {

using consistency::Session;
using routing::Action;
using routing::Decision;
using routing::Reason;
using routing::Taken;
using topology::ClusterView;

namespace {

// A token that cannot be taken over is dropped once that is sure: its client is told.
Taken take_tokens(session::Client& client, Session& session, const ClusterView& view,
                  Instant since) {
  std::vector<session::Token>& tokens = client.tokens();
  while (!tokens.empty()) {
    const session::Token& token = tokens.back();
    const auto taken = routing::take_over({token.timeline, token.writes, token.reads, token.shown},
                                          session, view, since);
    if (taken == Taken::k_not_yet) return taken;
    tokens.pop_back();
    if (taken == Taken::k_beyond) return taken;
  }
  return Taken::k_taken;
}

Decision wait_for_tokens(const routing::Request& request, const ClusterView& view, Instant since,
                         Instant now) {
  const Instant deadline = since + request.barrier_wait_limit;
  if (now >= deadline) return {.action = Action::k_refuse, .reason = Reason::k_fate_unknown};
  return {.action = Action::k_wait,
          .reason = Reason::k_wait_for_mark,
          .until = deadline,
          .wanted = view.has_primary() ? consistency::node_bit(view.primary()) : 0};
}

}  // namespace

void set_limits(routing::Request& request, const consistency::Ruling& ruling,
                const ConsistencyConfig& config) {
  request.wait_limit = consistency::effective_wait(ruling, config.wait);
  request.primary_wait_limit = config.wait_for_primary;
  request.barrier_wait_limit = config.wait_for_barrier;
  request.otherwise = consistency::effective_otherwise(ruling, config.otherwise);
}

Placed decide(session::Client& client, Session& session, const ClusterView& view,
              std::span<const routing::NodeLoad> loads, Instant now) {
  routing::Request& request = client.request();
  const Instant since = request.waiting_since.value_or(now);
  const Taken taken = take_tokens(client, session, view, since);
  if (taken == Taken::k_not_yet) return {wait_for_tokens(request, view, since, now), {}};
  if (taken == Taken::k_beyond) {
    return {{.action = Action::k_refuse, .reason = Reason::k_from_future}, {}};
  }
  if (client.alternatives().empty()) {
    return {routing::decide(request, session, view, loads, now), {}};
  }
  std::vector<routing::Request> requests = client.alternatives();
  for (routing::Request& other : requests) {
    other.wait_limit = request.wait_limit;
    other.barrier_wait_limit = request.barrier_wait_limit;
    other.primary_wait_limit = request.primary_wait_limit;
    other.otherwise = request.otherwise;
    other.waiting_since = request.waiting_since;
    other.rotation = request.rotation;
    other.excluded = request.excluded;
  }
  const routing::Choice choice = routing::choose(requests, session, view, loads, now);
  request.promise = requests[choice.index].promise;
  return {choice.decision, choice.index};
}

TokenLook look_for_token(session::Client& client, Session& session, const ClusterView& view,
                         Instant since) {
  TokenLook look;
  const Taken taken = take_tokens(client, session, view, since);
  if (taken == Taken::k_beyond) {
    look.refused = Reason::k_from_future;
    return look;
  }
  routing::settle(session, view);
  if (session.lost_writes() || session.lost_reads()) {
    look.refused = session.lost_writes() ? Reason::k_lost_writes : Reason::k_lost_reads;
    if (client.hears_of_refused_token()) forgive(session, *look.refused);
    return look;
  }
  const auto claim = taken == Taken::k_taken ? routing::claim_of(session, view) : std::nullopt;
  if (claim) {
    look.token = client.seal(
        {view.system_identifier(), claim->timeline, claim->writes, claim->reads, claim->shown});
    return look;
  }
  look.pending = routing::pending_of(session, view);
  if (view.has_primary()) look.pending.wanted |= consistency::node_bit(view.primary());
  return look;
}

void forgive(Session& session, Reason told) {
  if (told == Reason::k_lost_writes) return session.forgive();
  session.forgive_reads();
}

session::Refusal refusal_for(Reason reason) {
  const routing::Refusal refusal = routing::refusal_of(reason);
  return {
      std::string(refusal.sqlstate), std::string(refusal.message), {}, std::string(refusal.hint)};
}

session::Refusal refusal_for(const session::Client& client, Reason reason) {
  session::Refusal refusal = refusal_for(reason);
  if (reason != Reason::k_none_allowed) return refusal;
  const std::string rules = client.rules_in_words();
  if (!rules.empty()) refusal.detail = "Decided by " + rules + ".";
  return refusal;
}

}  // namespace tidemark::gateway
