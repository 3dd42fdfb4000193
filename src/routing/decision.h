// Decision: the router's answer to one request.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/instant.h"
#include "consistency/lsn.h"
#include "consistency/node.h"

namespace tidemark::routing {

enum class Action : std::uint8_t {
  k_serve,   // run it on `node`, over a server connection of `incarnation`
  k_wait,    // decide again after the next view or at `until`, whichever is first
  k_refuse,  // answer with the error of the reason (refusal.h)
};

enum class Reason : std::uint8_t {
  // of k_serve
  k_any_standby,     // the level has no floor
  k_covers,          // a standby that covers the floor
  k_quiet,           // it has the last writes of the tables, whoever wrote them (quiet.h)
  k_same_standby,    // it showed the session what it has read, and only goes on from there
  k_primary_needed,  // the statement or the level needs the primary
  k_no_standby,      // no standby is admitted
  k_none_covers,     // no standby covers the floor soon enough
  k_primary_nearer,  // standbys that would do are much farther away than the primary
  // of k_wait
  k_wait_for_cover,    // a standby will cover the floor soon
  k_wait_for_mark,     // a sample will tell where the floor is
  k_wait_for_barrier,  // the primary does not show yet what the session read on a standby
  k_wait_for_primary,  // there is none
  // of k_refuse
  k_not_covered,     // no standby covers, and the policy keeps such reads off the primary
  k_behind_barrier,  // as k_wait_for_barrier, for too long
  k_no_primary,      // as k_wait_for_primary, for too long
  k_no_node,         // no node at all can serve
  k_none_allowed,    // a node could, but the policy keeps the statement off it
  k_fate_unknown,    // whether a failover lost what the session did cannot be told yet
  k_lost_writes,     // a failover may have lost what the session wrote
  k_lost_reads,      // or what it read
  k_from_future,     // what a token requires lies beyond the end of the log
};

struct Decision {
  Action action = Action::k_refuse;
  Reason reason = Reason::k_no_node;
  consistency::NodeIndex node = consistency::k_no_node;  // of k_serve; of k_wait: for which, if one
  consistency::Incarnation incarnation = 0;              // of k_serve
  consistency::Lsn floor{};                              // zero: nothing required, or not known yet

  Instant until = k_never;          // of k_wait
  Duration expected{0};             // of k_wait: how long it will take, as far as can be told
  consistency::NodeSet wanted = 0;  // of k_wait: have a sample of these
  Instant since = k_never;          // sent at this instant or later; k_never: from now on
  bool nudge = false;  // of k_wait: have the primary flush, with a fence (anomalies P6, P4)
};

// In words, for SHOW tidemark.route, logs and metrics.
std::string_view to_string(Reason reason);

}  // namespace tidemark::routing
