// The router: statement, session and view in, Decision out. Pure, and allocates nothing.
#pragma once

#include <span>

#include "consistency/session.h"
#include "routing/decision.h"
#include "routing/request.h"
#include "topology/cluster_view.h"

namespace tidemark::routing {

// Decides where a statement runs. When the answer is k_wait the caller sees to `wanted` and `nudge`
// and asks again, with waiting_since set to when it first asked. When it is k_refuse for
// k_lost_writes or k_lost_reads, the caller tells its client (an error or a warning, as the policy
// says), calls session.forgive() or, for reads, session.forgive_reads(), and may ask again. After
// the statement the caller notes a mark in the session: note_write() if it may have written,
// note_read() otherwise, whatever the level was.
Decision decide(const Request& request, consistency::Session& session,
                const topology::ClusterView& view, std::span<const NodeLoad> loads, Instant now);

}  // namespace tidemark::routing
