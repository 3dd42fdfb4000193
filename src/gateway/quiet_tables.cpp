// Where all writes to the origin come through this gateway: reads of tables that nobody has written
// since go to standbys that lag behind in other tables.
#include <utility>

#include "gateway/client_session.h"
#include "gateway/worker.h"
#include "routing/quiet.h"

namespace tidemark::gateway {

using consistency::Session;
using routing::Action;
using routing::Decision;
using routing::Reason;
using session::Written;

namespace {

// What a session must be told, or cannot be told yet, comes first; and where standbys cover in the
// ordinary way there is more choice among them.
bool is_final(const Decision& ordinary, const topology::ClusterView& view) {
  switch (ordinary.reason) {
    case Reason::k_lost_writes:
    case Reason::k_lost_reads:
    case Reason::k_from_future:
    case Reason::k_fate_unknown:
      return true;
    default:
      return ordinary.action == Action::k_serve && ordinary.node != view.primary();
  }
}

}  // namespace

// A standby, if one has the present content of the tables read.
std::optional<Decision> Worker::decide_quiet(const ClientConnection& c, const Placed& ordinary,
                                             const Session& session) {
  if (hub_.table_writes == nullptr || !live_->config.consistency.all_writes_here) {
    return std::nullopt;
  }
  // Tokens that are not taken over yet are part of the session; and a list of levels is not asked.
  const routing::Request& request = c.client->request();
  if (!c.client->tokens().empty() || ordinary.alternative.has_value() ||
      is_final(ordinary.decision, *view_) || !routing::may_be_quiet(request)) {
    return std::nullopt;
  }
  auto last = hub_.table_writes->last(c.client->login().key().database, request.tables, *view_);
  if (!last.has_value()) return std::nullopt;
  return routing::decide_quiet(request, session, *last, *view_, loads_, reactor_.now());
}

// In the turn in which the bytes came, which leave at its end.
void Worker::note_table_writes(ClientConnection& c, const session::Actions& actions) {
  if (actions.writes) {
    const session::Writing& writing = c.client->writing();
    const Decision& decision = c.client->last_route()->decision;
    hub_.table_writes->begin(c.writes,
                             {.run = {decision.node, decision.incarnation},
                              .database = c.client->login().key().database,
                              .tables = writing.tables.in(writing.scope),
                              .renames = writing.renames},
                             *view_);
  }
  if (actions.written == Written::k_over) hub_.table_writes->end(c.writes, reactor_.now());
  if (actions.written == Written::k_unknown) hub_.table_writes->abandon(c.writes);
}

}  // namespace tidemark::gateway
