#include "routing/quiet.h"

#include <algorithm>

namespace tidemark::routing {

using consistency::Lsn;
using consistency::node_bit;
using consistency::NodeSet;
using consistency::Remembered;
using consistency::Session;
using topology::ClusterView;

namespace {

// Today's only origin.
constexpr consistency::OriginIndex k_origin = 0;

// Whether what the mark stands for is part of the present history: it is known to have survived, or
// the run that it was made on goes on, on the newest timeline.
bool has_survived(const Remembered& known, const ClusterView& view) {
  if (known.resolved && known.durable) return true;
  if (known.mark.node >= view.nodes().size()) return false;
  const topology::NodeView& node = view.node(known.mark.node);
  return node.admitted() && node.incarnation == known.mark.incarnation &&
         node.timeline == view.timeline();
}

// Whether nothing of the session's past is lost, or may be, or lies beyond the end of the log.
bool is_past_kept(const Session& session, const ClusterView& view) {
  if (session.lost_writes() || session.lost_reads() || !view.has_primary()) return false;
  if (session.empty()) return true;
  const Lsn folded = std::max(session.writes().at(k_origin).lsn, session.reads().at(k_origin).lsn);
  return session.timeline() == view.timeline() && folded <= view.node(view.primary()).applied &&
         std::ranges::all_of(session.marks(),
                             [&](const Remembered& known) { return has_survived(known, view); });
}

bool is_among_nearest(consistency::NodeIndex standby, const ClusterView& view) {
  const auto rings = view.rings();
  return !rings.empty() && (rings.front() & node_bit(standby)) != 0;
}

// The standbys that are no farther away than the node that was decided on.
NodeSet as_near_as(const Decision& ordinary, const ClusterView& view) {
  if (ordinary.node == consistency::k_no_node) return ~NodeSet{0};
  if (ordinary.node == view.primary()) return ~view.beyond_primary();
  NodeSet near = 0;
  for (const NodeSet ring : view.rings()) {
    near |= ring;
    if ((ring & node_bit(ordinary.node)) != 0) break;
  }
  return near;
}

}  // namespace

bool may_be_quiet(const Request& request) {
  const bool of_primary = request.promise.strong && !request.from_standbys;
  const std::span<const consistency::TableId> tables = request.tables.ids;
  return !request.needs_primary && !of_primary && !request.promise.empty() &&
         request.sources.any_standby() && !request.tables.any() && !tables.empty() &&
         std::ranges::find(tables, consistency::k_system_tables) == tables.end();
}

bool is_final(const Decision& ordinary, const ClusterView& view) {
  switch (ordinary.reason) {
    case Reason::k_lost_writes:
    case Reason::k_lost_reads:
    case Reason::k_from_future:
    case Reason::k_fate_unknown:
      return true;
    default:
      return ordinary.action == Action::k_serve && is_among_nearest(ordinary.node, view);
  }
}

std::optional<Decision> decide_quiet(const Request& request, const Decision& ordinary,
                                     const Session& session, Session& last, const ClusterView& view,
                                     std::span<const NodeLoad> loads, Instant now) {
  if (!is_past_kept(session, view)) return std::nullopt;
  Request quiet = request;
  quiet.promise = {.writes = true, .across_tables = true};
  quiet.from_standbys = false;
  quiet.sources.as_standby &= as_near_as(ordinary, view);
  quiet.sources.as_primary = 0;
  quiet.wait_limit = {};
  quiet.otherwise = Otherwise::k_refuse;
  Decision decision = decide(quiet, last, view, loads, now);
  if (decision.action != Action::k_serve) return std::nullopt;
  decision.reason = Reason::k_quiet;
  return decision;
}

}  // namespace tidemark::routing
