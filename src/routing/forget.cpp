#include "routing/forget.h"

#include <algorithm>
#include <bit>

namespace tidemark::routing {

using consistency::Cover;
using consistency::Lsn;
using consistency::NodeIndex;
using consistency::NodeSet;
using consistency::Position;
using consistency::Remembered;
using consistency::Session;
using topology::ClusterView;

namespace {

// Today's only origin.
constexpr consistency::OriginIndex k_origin = 0;

bool every_standby_covers(Position position, const ClusterView& view) {
  for (NodeSet left = view.standbys(); left != 0; left &= left - 1) {
    const auto& node = view.node(static_cast<NodeIndex>(std::countr_zero(left)));
    if (view.history().covers(node.position(), position) != Cover::k_covered) return false;
  }
  return true;
}

}  // namespace

std::optional<Position> floor_of_all(const Session& session) {
  if (session.lost_writes() || session.lost_reads()) return std::nullopt;
  if (session.unshown() != Lsn{}) return std::nullopt;
  Lsn lsn = std::max(session.writes().at(k_origin).lsn, session.reads().at(k_origin).lsn);
  for (const Remembered& known : session.marks()) {
    if (!known.resolved || !known.durable || !known.shown) return std::nullopt;
    lsn = std::max(lsn, known.position.lsn);
  }
  return Position{session.timeline(), lsn};
}

std::optional<Position> floor_to_forget(const Session& session, const ClusterView& view) {
  const auto floor = floor_of_all(session);
  if (!floor || floor->lsn == Lsn{}) return floor;
  if (!view.has_primary() || floor->timeline != view.timeline()) return std::nullopt;
  if (view.standbys() == 0 && view.nodes().size() > 1) return std::nullopt;
  return every_standby_covers(*floor, view) ? floor : std::nullopt;
}

}  // namespace tidemark::routing
