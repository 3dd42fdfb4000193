// Request: what a statement asks of the router.
#pragma once

#include <cstdint>
#include <optional>

#include "base/instant.h"
#include "consistency/level.h"
#include "consistency/node.h"

namespace tidemark::routing {

// Where a read goes when no standby covers its floor in time.
enum class Otherwise : std::uint8_t { k_primary, k_refuse };

struct Request {
  consistency::Level level;  // one that is_supported()

  // The statement can run on the primary only: it writes, locks, or is one of the reads that are
  // not (anomalies S7, S8). A strong read counts as such by its level.
  bool needs_primary = false;

  // It may never be answered from the primary, whatever `otherwise` says.
  bool standby_only = false;

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
