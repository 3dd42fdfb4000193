// Request: what a statement asks of the router.
#pragma once

#include <cstdint>
#include <optional>

#include "base/instant.h"
#include "consistency/node.h"
#include "consistency/promise.h"
#include "consistency/ruling.h"
#include "consistency/tables.h"

namespace tidemark::routing {

using consistency::Otherwise;

struct Request {
  consistency::Promise promise = {.writes = true, .reads = true};

  // What the statement touches: marks about other tables do not concern it, unless the promise is
  // across tables.
  consistency::Tables tables;

  // The statement can run on the primary only: it writes, locks, or is one of the reads that are
  // not (anomalies S7, S8). A strong read counts as such by its promise, unless from_standbys.
  bool needs_primary = false;

  // All strong reads of these tables are served by standbys, at a floor taken after the read
  // arrived. What must run on the primary crosses a barrier that stands for every session
  // (anomalies P2, P3).
  bool from_standbys = false;

  // Which nodes may serve it, as a read.
  consistency::Sources sources;

  // How soon its answer is wanted, from its arrival on; max: whenever. choose() sees to it.
  Duration within = Duration::max();

  // The longest wait for a standby that covers the floor.
  Duration wait_limit = std::chrono::milliseconds(50);
  // The longest wait for the primary to show what the session has read on a standby.
  Duration barrier_wait_limit = std::chrono::milliseconds(50);
  // The longest wait for a primary where there is none.
  Duration primary_wait_limit{0};
  Otherwise otherwise = Otherwise::k_primary;

  // Since when this statement has been waiting; none on its first decision.
  std::optional<Instant> waiting_since;

  // The node that served this client's last statement: preferred among equals.
  consistency::NodeIndex last_used = consistency::k_no_node;

  // Counts up with each statement of a worker: rotates among equals.
  std::uint32_t rotation = 0;

  // Nodes not to be tried (again): connecting failed, no connection of the right incarnation.
  consistency::NodeSet excluded = 0;
};

// How busy a node is, from the caller's pools: statements running and waiting. Nodes past the end
// of a span of these count as idle.
struct NodeLoad {
  std::uint32_t active = 0;
};

}  // namespace tidemark::routing
