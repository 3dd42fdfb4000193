// A decision as text.
#pragma once

#include <string>

#include "consistency/promise.h"
#include "routing/decision.h"
#include "topology/cluster_view.h"

namespace tidemark::routing {

// The answer of SHOW tidemark.route:
//   node=127.0.0.1:5502 role=standby level=session floor=0/3022550 reason="covers the floor"
std::string describe(const Decision& decision, const consistency::Promise& promise,
                     const topology::ClusterView& view);

}  // namespace tidemark::routing
