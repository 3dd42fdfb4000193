// Mark: "something of mine happened on this node no later than this".
#pragma once

#include "base/instant.h"
#include "consistency/history.h"
#include "consistency/node.h"

namespace tidemark::consistency {

// The instant is one at which the answer had already arrived here: whatever was seen or written
// happened before it. The node k_no_node stands for "some standby", whichever.
struct Mark {
  NodeIndex node = k_no_node;
  Incarnation incarnation = 0;
  Instant at{};
  bool on_primary = false;  // the node was the primary by then

  bool same_run(const Mark& other) const {
    return node == other.node && incarnation == other.incarnation;
  }
};

// What is known of a mark.
struct MarkStatus {
  enum class Kind : std::uint8_t {
    k_resolved,  // `position` is an upper bound of what happened up to the mark
    k_pending,   // a sample sent after the mark's instant will tell: `wanted` says of which nodes
    k_lost,      // a failover or a crash may have lost it, and nothing can show otherwise any more
  };

  Kind kind = Kind::k_pending;
  Position position{};
  NodeSet wanted = 0;
  bool durable = false;  // of k_resolved: no crash can take it any more, only a failover
};

}  // namespace tidemark::consistency
