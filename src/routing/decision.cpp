#include "routing/decision.h"

namespace tidemark::routing {

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::k_any_standby:
      return "the level requires nothing";
    case Reason::k_covers:
      return "covers the floor";
    case Reason::k_quiet:
      return "nobody has written these tables since";
    case Reason::k_same_standby:
      return "the standby that the session has read";
    case Reason::k_primary_needed:
      return "needs the primary";
    case Reason::k_no_standby:
      return "no standby is admitted";
    case Reason::k_none_covers:
      return "no standby covers the floor soon enough";
    case Reason::k_primary_nearer:
      return "the standbys that would do are much farther away";
    case Reason::k_wait_for_cover:
      return "waits for a standby to cover the floor";
    case Reason::k_wait_for_mark:
      return "waits for a sample that tells the floor";
    case Reason::k_wait_for_barrier:
      return "waits for the primary to show what the session has read on a standby";
    case Reason::k_wait_for_primary:
      return "waits for a primary";
    case Reason::k_not_covered:
      return "no standby covers the floor";
    case Reason::k_behind_barrier:
      return "the primary does not show yet what the session has read on a standby";
    case Reason::k_no_primary:
      return "there is no primary";
    case Reason::k_no_node:
      return "no node is admitted";
    case Reason::k_none_allowed:
      return "the policy keeps it off all nodes that are admitted";
    case Reason::k_fate_unknown:
      return "it cannot be told yet whether a failover lost what the session did";
    case Reason::k_lost_writes:
      return "a failover may have lost what the session wrote";
    case Reason::k_lost_reads:
      return "a failover may have lost what the session has read";
    case Reason::k_from_future:
      return "the token requires what lies beyond the end of the log";
  }
  return "";
}

}  // namespace tidemark::routing
