// Where all writes to the origin come through this gateway: reads of tables that nobody has written
// since go to standbys that lag behind in other tables.
#include <utility>

#include "gateway/client_session.h"
#include "gateway/worker.h"
#include "routing/quiet.h"

namespace tidemark::gateway {

using consistency::Session;
using routing::Decision;
using routing::TableWrites;
using session::Written;

// A standby, if one has the present content of the tables read.
std::optional<Decision> Worker::decide_quiet(const ClientConnection& c, const Placed& ordinary,
                                             const Session& session) {
  if (hub_.table_writes == nullptr || !live_->config.consistency.all_writes_here) {
    return std::nullopt;
  }
  // Tokens that are not taken over yet are part of the session; and a list of levels is not asked.
  const routing::Request& request = c.client->request();
  if (!c.client->tokens().empty() || ordinary.alternative.has_value() ||
      routing::is_final(ordinary.decision, *view_) || !routing::may_be_quiet(request)) {
    return std::nullopt;
  }
  const std::string& database = c.client->login().key().database;
  auto last = hub_.table_writes->with(
      [&](TableWrites& writes) { return writes.last(database, request.tables, *view_); });
  if (!last.has_value()) return std::nullopt;
  return routing::decide_quiet(request, ordinary.decision, session, *last, *view_, loads_,
                               reactor_.now());
}

// In the turn in which the bytes came, which leave at its end.
void Worker::note_table_writes(ClientConnection& c, const session::Actions& actions) {
  if (!actions.writes && actions.written == Written::k_no) return;
  hub_.table_writes->with([&](TableWrites& writes) {
    if (actions.writes) {
      const session::Writing& writing = c.client->writing();
      const Decision& decision = c.client->last_route()->decision;
      writes.begin(*c.writes,
                   {.run = {decision.node, decision.incarnation},
                    .database = c.client->login().key().database,
                    .tables = writing.tables.in(writing.scope),
                    .renames = writing.renames},
                   *view_);
    }
    if (actions.written == Written::k_over) writes.end(*c.writes, reactor_.now());
    if (actions.written == Written::k_unknown) writes.abandon(*c.writes);
  });
  if (actions.written != Written::k_no) c.writes.reset();
}

}  // namespace tidemark::gateway
