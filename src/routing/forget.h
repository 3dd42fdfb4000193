// Whether a session has anything left to say, and what stands for it once it is forgotten.
#pragma once

#include <optional>

#include "consistency/session.h"
#include "topology/cluster_view.h"

namespace tidemark::routing {

// The one position that stands for all that the session requires: whoever requires it keeps every
// promise that was made to the session. None if no position does:
// - something was lost, and its owner has not been told;
// - a mark is not resolved, or a crash of the primary may still take what it stands for;
// - the session has read something that the primary is not known to show: a position cannot say so.
// Zero for a session that requires nothing. It is judged by the views that the session was settled
// with, and stated on its timeline.
std::optional<consistency::Position> floor_of_all(const consistency::Session& session);

// The same, if besides nothing is required any more by requiring it, as every node that could serve
// has got there: then the session has nothing left to say. None as well
// - while there is no primary: a promotion may be under way, and nobody knows from where;
// - if no standby is admitted, although there are some: a promotion could take what nobody has been
//   seen to have, and once the session is forgotten its owner could not be told apart from others;
// - if the view is of another timeline than the session. A newer one may have left behind what the
//   session requires (settle() finds out, once it knows the history); an older one is out of date.
// A node that is not admitted does not matter: whoever requires the position will not be served by
// it before it has got there.
// REQUIRES: the session is settled with the view.
std::optional<consistency::Position> floor_to_forget(const consistency::Session& session,
                                                     const topology::ClusterView& view);

}  // namespace tidemark::routing
