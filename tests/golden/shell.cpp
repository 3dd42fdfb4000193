// What gateway::Worker does around a client, without sockets: see gateway/worker.cpp, dispatch.cpp,
// shared_sessions.cpp and surroundings.cpp.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "golden/world.h"
#include "routing/choose.h"
#include "routing/claim.h"
#include "routing/refusal.h"
#include "routing/settle.h"

namespace tidemark::golden {
namespace {

using consistency::Session;
using routing::Action;
using routing::Decision;
using routing::Reason;

session::Refusal refusal_for(Reason reason) {
  const auto refusal = routing::refusal_of(reason);
  return {
      std::string(refusal.sqlstate), std::string(refusal.message), {}, std::string(refusal.hint)};
}

bool sets_durability(std::string_view sql) {
  return sql.find("RESET synchronous_commit") != std::string_view::npos ||
         sql.find("set_config('synchronous_commit'") != std::string_view::npos;
}

bool is_lost(Reason reason) {
  return reason == Reason::k_lost_writes || reason == Reason::k_lost_reads;
}

routing::Claim claim_in(const session::Token& token) {
  return {token.timeline, token.writes, token.reads, token.shown};
}

}  // namespace

session::Surroundings World::surroundings(const Speaker& s) {
  session::Surroundings around;
  around.default_level = config_.consistency.level;
  around.describe_route = [](const session::Route&) { return std::string(); };
  around.find_reader = [this, &s](const session::ReaderContext& context) {
    const auto& login = s.client->login().key();
    const auto path = context.search_path.has_value()
                          ? sql::SearchPath::parse(*context.search_path, context.role)
                          : sql::SearchPath();
    auto reader = std::make_shared<session::Reader>(
        ++serial_, path, policy_.scope({login.user, login.database, context.application_name}));
    reader->set_catalogue(catalogue_);
    return reader;
  };
  around.token_key = config_.consistency.token_key;
  around.system_identifier = [this] { return view_->system_identifier(); };
  return around;
}

void World::pump(Speaker& s) {
  while (true) {
    bool moved = false;
    if (!s.unread.empty() && s.client->wants_input()) {
      const std::size_t count = s.client->on_bytes(s.unread);
      s.unread.erase(0, count);
      moved = count > 0;
    }
    moved = act(s) || moved;
    moved = play(s) || moved;
    if (!moved) break;
  }
}

bool World::act(Speaker& s) {
  const session::Actions actions = s.client->take_actions();
  if (!actions.any()) return false;
  if (actions.marks && !s.client->session_key().empty()) (void)with_session(s, [](Session&) {});
  if (actions.released != nullptr) s.served_by = nullptr;
  if (actions.authenticate) s.client->trust();
  if (actions.log_in) {
    Backend greeter(0, 0, s.client->login().key(), s.search_path);
    const session::Server& machine = greeter.machine();
    s.client->greet(machine.parameters(), machine.search_path(), 7, "key!");
  }
  if (actions.token) make_token(s);
  if (actions.route) {
    s.was_routed = true;
    s.told.clear();
    route(s);
    ++rotation_;
  }
  return true;
}

// What the server was told on the way is told, too, where it is about durability.
bool World::play(Speaker& s) {
  if (s.served_by == nullptr) return false;
  const std::string reply = s.served_by->answer();
  if (reply.empty()) return false;
  for (const std::string& sql : std::exchange(s.served_by->heard, {})) {
    if (sql != s.said && sets_durability(sql)) tell(s, "sends along: " + sql);
  }
  if (!std::exchange(s.was_routed, true)) {
    const auto pin = s.client->pin();
    const bool is_pinned = pin != sql::Pin::k_none;
    tell(s, "on " + nodes_->name(s.decision.node) + ", where it " +
                (is_pinned ? "is kept: " + std::string(to_string(pin)) : "began its transaction"));
  }
  std::string_view rest = reply;
  while (!rest.empty() && s.served_by != nullptr) {
    rest.remove_prefix(s.client->on_server_bytes(rest, now_));
    act(s);
  }
  return true;
}

template <class F>
auto World::with_session(Speaker& s, F f)
    -> std::expected<std::invoke_result_t<F, Session&>, session::Refusal> {
  Session& own = s.client->session();
  if (s.client->session_key().empty()) {
    own.merge(std::exchange(s.under_keys, {}));
    if constexpr (std::is_void_v<std::invoke_result_t<F, Session&>>) {
      f(own);
      return {};
    } else {
      return f(own);
    }
  }
  return registry_->with(s.client->session_key(), [&](Session& shared) {
    if (!own.empty()) {
      s.under_keys.merge(own);
      routing::settle(own, *view_);
      routing::settle(shared, *view_);
      shared.merge(own);
      own.clear();
    }
    return f(shared);
  });
}

void World::route(Speaker& s) {
  routing::Request& request = s.client->request();
  const gateway::ConsistencyConfig& policy = config_.consistency;
  const consistency::Ruling& ruling = s.client->ruling();
  request.wait_limit = consistency::effective_wait(ruling, policy.wait);
  request.primary_wait_limit = policy.wait_for_primary;
  request.barrier_wait_limit = policy.wait_for_barrier;
  request.otherwise = consistency::effective_otherwise(ruling, policy.otherwise);
  request.rotation = rotation_;
  while (true) {
    const auto decided = decide(s);
    if (!decided.has_value()) return s.client->refuse(decided.error());
    if (is_settled(s, *decided)) return;
  }
}

// False: it is to be decided again.
bool World::is_settled(Speaker& s, const Decision& decision) {
  routing::Request& request = s.client->request();
  s.decision = decision;
  if (decision.action == Action::k_wait) {
    if (!request.waiting_since) request.waiting_since = now_;
    if (decision.until <= now_) throw std::runtime_error("waits until now");
    s.wakes_at = decision.until;
    tell_wait(s);
  } else if (decision.action == Action::k_serve) {
    attach(s);
  } else if (is_lost(decision.reason)) {
    (void)with_session(s, [](Session& session) { session.forgive(); });
    if (config_.consistency.lost_writes == gateway::LostWrites::k_warn) {
      s.client->warn(refusal_for(decision.reason));
      tell_messages(s);
      return false;
    }
    s.client->refuse(refusal_for(decision.reason));
  } else if (decision.reason == Reason::k_no_primary && request.needs_primary &&
             s.client->only_prefers_primary()) {
    request.needs_primary = false;
    return false;
  } else {
    s.client->refuse(refusal_for(decision.reason));
  }
  return true;
}

routing::Taken World::take_tokens(Speaker& s, Session& session, Instant since) {
  std::vector<session::Token>& tokens = s.client->tokens();
  while (!tokens.empty()) {
    const auto taken = routing::take_over(claim_in(tokens.back()), session, *view_, since);
    if (taken == routing::Taken::k_not_yet) return taken;
    tokens.pop_back();
    if (taken == routing::Taken::k_beyond) return taken;
  }
  return routing::Taken::k_taken;
}

std::expected<Decision, session::Refusal> World::decide(Speaker& s) {
  return with_session(s, [&](Session& session) { return decide(s, session); });
}

Decision World::decide(Speaker& s, Session& session) {
  const routing::Request& request = s.client->request();
  const Instant since = request.waiting_since.value_or(now_);
  const routing::Taken taken = take_tokens(s, session, since);
  if (taken == routing::Taken::k_not_yet) {
    const Instant deadline = since + request.barrier_wait_limit;
    const auto wanted = view_->has_primary() ? consistency::node_bit(view_->primary()) : 0;
    if (now_ >= deadline) return {.action = Action::k_refuse, .reason = Reason::k_fate_unknown};
    return {.action = Action::k_wait,
            .reason = Reason::k_wait_for_mark,
            .until = deadline,
            .wanted = wanted};
  }
  if (taken == routing::Taken::k_beyond) {
    return {.action = Action::k_refuse, .reason = Reason::k_from_future};
  }
  s.choice.reset();
  if (s.client->alternatives().empty()) return routing::decide(request, session, *view_, {}, now_);
  std::vector<routing::Request> requests = s.client->alternatives();
  for (routing::Request& other : requests) {
    other.wait_limit = request.wait_limit;
    other.barrier_wait_limit = request.barrier_wait_limit;
    other.primary_wait_limit = request.primary_wait_limit;
    other.otherwise = request.otherwise;
    other.waiting_since = request.waiting_since;
    other.rotation = request.rotation;
  }
  const routing::Choice choice = routing::choose(requests, session, *view_, {}, now_);
  s.choice = choice.index;
  s.client->request().promise = requests[choice.index].promise;
  return choice.decision;
}

void World::attach(Speaker& s) {
  const auto node = s.decision.node;
  auto& backend = s.backends[node];
  if (backend == nullptr || backend->incarnation() != s.decision.incarnation) {
    backend = std::make_unique<Backend>(node, s.decision.incarnation, s.client->login().key(),
                                        s.search_path);
  }
  s.served_by = backend.get();
  s.client->attach(backend->machine(), {.decision = s.decision,
                                        .promise = s.client->request().promise,
                                        .on_primary = view_->primary() == node,
                                        .why_primary = s.client->why_primary(),
                                        .rules = s.client->ruling().rules,
                                        .alternative = s.choice});
  tell_route(s);
}

void World::make_token(Speaker& s) {
  if (!s.token_since) s.token_since = now_;
  std::optional<routing::Claim> claim;
  std::optional<Reason> lost;
  routing::Pending pending;
  const auto looked = with_session(s, [&](Session& session) {
    const routing::Taken taken = take_tokens(s, session, *s.token_since);
    if (taken == routing::Taken::k_beyond) {
      lost = Reason::k_from_future;
      return;
    }
    routing::settle(session, *view_);
    if (session.lost_writes() || session.lost_reads()) {
      lost = session.lost_writes() ? Reason::k_lost_writes : Reason::k_lost_reads;
      if (s.client->hears_of_refused_token()) session.forgive();
      return;
    }
    if (taken == routing::Taken::k_taken) claim = routing::claim_of(session, *view_);
    if (!claim) pending = routing::pending_of(session, *view_);
    if (!claim && view_->has_primary()) pending.wanted |= consistency::node_bit(view_->primary());
  });
  const Instant deadline = *s.token_since + config_.consistency.wait_for_barrier;
  if (claim || lost || !looked.has_value() || now_ >= deadline) s.token_since.reset();
  if (claim) {
    s.client->provide_token(s.client->seal(
        {view_->system_identifier(), claim->timeline, claim->writes, claim->reads, claim->shown}));
  } else if (s.token_since) {
    s.wakes_at = deadline;
    s.decision = {.action = Action::k_wait,
                  .reason = Reason::k_wait_for_mark,
                  .until = deadline,
                  .wanted = pending.wanted,
                  .nudge = pending.nudge};
    tell_wait(s);
  } else {
    s.client->refuse_token(looked.has_value() ? refusal_for(lost.value_or(Reason::k_fate_unknown))
                                              : looked.error());
  }
}

}  // namespace tidemark::golden
