// Brings a session up to date with a view.
#pragma once

#include "consistency/session.h"
#include "topology/cluster_view.h"

namespace tidemark::routing {

// Resolves the session's marks that the view can resolve, notes which of its reads the primary is
// known to show, and notes what is lost. Positions once resolved stay as they are. Allocates
// nothing.
void settle(consistency::Session& session, const topology::ClusterView& view);

}  // namespace tidemark::routing
