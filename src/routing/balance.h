// Which of several nodes that would all do.
#pragma once

#include <span>

#include "consistency/node.h"
#include "routing/request.h"

namespace tidemark::routing {

// The least loaded of the nodes, which are several where loads are equal; none of none. The one
// last used is among them while it is busier by no more than a quarter: whoever stays finds the
// connection that it had, and a node that has what it has read.
consistency::NodeSet least_loaded_of(consistency::NodeSet nodes, const Request& request,
                                     std::span<const NodeLoad> loads);

// Among equals: the one last used, otherwise by turns. k_no_node of none.
consistency::NodeIndex preferred_of(consistency::NodeSet equals, const Request& request);

// The one behind `node`, in a circle. k_no_node of none.
consistency::NodeIndex next_of(consistency::NodeSet nodes, consistency::NodeIndex node);

// The preferred one of the least loaded.
inline consistency::NodeIndex least_loaded(consistency::NodeSet nodes, const Request& request,
                                           std::span<const NodeLoad> loads) {
  return preferred_of(least_loaded_of(nodes, request, loads), request);
}

}  // namespace tidemark::routing
