// Tokens between sessions: what one session requires, as positions that another can take over.
#pragma once

#include <optional>

#include "consistency/session.h"
#include "topology/cluster_view.h"

namespace tidemark::routing {

// What a session requires, once all of it is known and no crash can take it any more.
struct Claim {
  consistency::Timeline timeline = 0;  // 0: requires nothing
  consistency::Lsn writes;
  consistency::Lsn reads;
  bool shown = true;  // the primary is known to show all of it
};

// None while something is not known yet; see pending_of(). REQUIRES: the session is settled with
// the view, and nothing of it is lost and untold.
std::optional<Claim> claim_of(const consistency::Session& session,
                              const topology::ClusterView& view);

// What would make it known: samples of these nodes, and a flush of the primary's log.
struct Pending {
  consistency::NodeSet wanted = 0;
  Instant since = k_never;  // a sample sent then or later will do; k_never: from now on
  bool nudge = false;
};
Pending pending_of(const consistency::Session& session, const topology::ClusterView& view);

enum class Taken : std::uint8_t {
  k_taken,
  k_not_yet,  // nothing is done: what it means here is not known, the next views will tell
  k_beyond,   // nor will it ever be: it requires what this cluster has not written
};

// Makes a session require a claim that came at `since`, too, or notes that a failover lost it.
Taken take_over(const Claim& claim, consistency::Session& session,
                const topology::ClusterView& view, Instant since);

}  // namespace tidemark::routing
