#include "routing/refusal.h"

#include "base/check.h"

namespace tidemark::routing {

Refusal refusal_of(Reason reason) {
  switch (reason) {
    case Reason::k_not_covered:
      return {"57P03", "no standby is known to have replayed what this read requires",
              "Retry, allow a longer wait, or let such reads go to the primary."};
    case Reason::k_behind_barrier:
      return {
          "40001",
          "could not serialize access: the primary does not show yet what this session has read "
          "on a standby",
          "Retry the transaction. A commit on the primary is waiting to be confirmed, perhaps by "
          "a synchronous standby."};
    case Reason::k_no_primary:
      return {"57P03", "no primary is available",
              "Reads that standbys may serve go on. Retry once there is a primary again."};
    case Reason::k_no_node:
      return {"57P03", "no node is available", "Retry once a node of the cluster is reachable."};
    case Reason::k_none_allowed:
      return {"57P03", "none of the nodes that may serve this statement can do so now",
              "Those that may are unreachable, or have the other role at present. Others could "
              "serve; see `from` and `otherwise` in the rules."};
    case Reason::k_fate_unknown:
      return {"40001",
              "could not serialize access: it is not known yet whether a failover lost what this "
              "session did",
              "Retry the transaction."};
    case Reason::k_lost_writes:
      return {
          "TM001", "a failover may have lost writes of this session",
          "Check what was written last, and write it again if it is missing. The session goes on "
          "with the next statement."};
    case Reason::k_lost_reads:
      return {"TM002", "a failover may have lost rows that this session has read",
              "Read again what is to be relied on. The session goes on with the next statement."};
    case Reason::k_from_future:
      return {"22023", "what the token requires lies beyond the end of this cluster's log",
              "The token may be of a cluster that was restored from a backup since, or of another "
              "gateway's cluster. Begin a session without it."};
    default:
      break;
  }
  CHECK(!"a reason to refuse");
  return {};
}

}  // namespace tidemark::routing
