// What gateway::Worker does around a client, without sockets: see gateway/worker.cpp, dispatch.cpp,
// shared_sessions.cpp and surroundings.cpp.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "gateway/client_session.h"
#include "golden/world.h"

namespace tidemark::golden {
namespace {

using consistency::Session;
using routing::Action;
using routing::Decision;
using routing::Reason;

bool sets_durability(std::string_view sql) {
  return sql.find("RESET synchronous_commit") != std::string_view::npos ||
         sql.find("set_config('synchronous_commit'") != std::string_view::npos;
}

bool is_lost(Reason reason) {
  return reason == Reason::k_lost_writes || reason == Reason::k_lost_reads;
}

}  // namespace

session::Surroundings World::surroundings() {
  session::Surroundings around;
  around.default_level = config_.consistency.level;
  around.describe_route = [](const session::Route&) { return std::string(); };
  around.find_reader = [this](const session::ReaderContext& context) {
    const auto path = context.search_path.has_value()
                          ? sql::SearchPath::parse(*context.search_path, context.role)
                          : sql::SearchPath();
    auto reader = std::make_shared<session::Reader>(
        ++serial_, path, policy_.scope({context.user, context.database, context.application_name}));
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
  if (!actions.any()) {
    s.client->rest();
    return false;
  }
  if (actions.marks && !s.client->session_key().empty()) {
    (void)with_session(s, [](Session&) {}, gateway::Room::k_exceeded);
  }
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

void World::route(Speaker& s) {
  routing::Request& request = s.client->request();
  gateway::set_limits(request, s.client->ruling(), config_.consistency);
  request.rotation = rotation_;
  while (true) {
    const auto placed = with_session(
        s, [&](Session& session) { return gateway::decide(*s.client, session, *view_, {}, now_); });
    if (!placed.has_value()) return s.client->refuse(placed.error());
    s.choice = placed->alternative;
    if (is_settled(s, placed->decision)) return;
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
    (void)with_session(s, [&](Session& session) { gateway::forgive(session, decision.reason); });
    if (config_.consistency.lost_writes == gateway::LostWrites::k_warn) {
      s.client->warn(gateway::refusal_for(decision.reason));
      tell_messages(s);
      return false;
    }
    s.client->refuse(gateway::refusal_for(decision.reason));
  } else if (decision.reason == Reason::k_no_primary && request.needs_primary &&
             s.client->only_prefers_primary()) {
    request.needs_primary = false;
    return false;
  } else {
    s.client->refuse(gateway::refusal_for(*s.client, decision.reason));
  }
  return true;
}

void World::attach(Speaker& s) {
  const auto node = s.decision.node;
  auto& backend = s.backends[node];
  if (backend == nullptr || backend->incarnation() != s.decision.incarnation) {
    backend = std::make_unique<Backend>(node, s.decision.incarnation, s.client->login().key(),
                                        s.search_path);
  }
  const session::Route route = {.decision = s.decision,
                                .promise = s.client->request().promise,
                                .on_primary = view_->primary() == node,
                                .why_primary = s.client->why_primary(),
                                .rules = s.client->ruling().rules,
                                .alternative = s.choice};
  if (s.served_by != nullptr && s.served_by != backend.get()) return s.client->lose_place();
  if (s.served_by != nullptr) {
    s.was_routed = false;
    return s.client->stay(route);
  }
  s.served_by = backend.get();
  s.client->attach(backend->machine(), route);
  tell_route(s);
}

void World::make_token(Speaker& s) {
  if (!s.token_since) s.token_since = now_;
  const Instant since = *s.token_since;
  const auto look = with_session(s, [&](Session& session) {
    return gateway::look_for_token(*s.client, session, *view_, since);
  });
  const Instant deadline = since + config_.consistency.wait_for_barrier;
  s.token_since.reset();
  if (!look.has_value()) return s.client->refuse_token(look.error());
  if (look->token) return s.client->provide_token(*look->token);
  if (look->refused || now_ >= deadline) {
    return s.client->refuse_token(
        gateway::refusal_for(look->refused.value_or(Reason::k_fate_unknown)));
  }
  s.token_since = since;
  s.wakes_at = deadline;
  s.decision = {.action = Action::k_wait,
                .reason = Reason::k_wait_for_mark,
                .until = deadline,
                .wanted = look->pending.wanted,
                .nudge = look->pending.nudge};
  tell_wait(s);
}

}  // namespace tidemark::golden
