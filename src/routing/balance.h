// Which of several nodes that would all do.
#pragma once

#include <span>

#include "consistency/node.h"
#include "routing/request.h"

namespace tidemark::routing {

// The least loaded of the nodes; among equals the one last used, otherwise by turns. k_no_node of
// none.
consistency::NodeIndex least_loaded(consistency::NodeSet nodes, const Request& request,
                                    std::span<const NodeLoad> loads);

}  // namespace tidemark::routing
