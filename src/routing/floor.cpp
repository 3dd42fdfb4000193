#include "routing/floor.h"

#include <algorithm>

namespace tidemark::routing {

using consistency::Cover;
using consistency::Level;
using consistency::Lsn;
using consistency::Mark;
using consistency::node_bit;
using consistency::NodeIndex;
using consistency::NodeSet;
using consistency::Remembered;
using consistency::Session;
using topology::ClusterView;
using topology::NodeView;

namespace {

// Today's only origin.
constexpr consistency::OriginIndex k_origin = 0;

bool is_run_of(const Mark& mark, const ClusterView& view, NodeIndex index) {
  return mark.node == index && mark.incarnation == view.node(index).incarnation;
}

// Whether a position may be compared with a standby's. One that a crash may still take must not be:
// the standby could have got there with what was written in its place (anomaly P7), before anyone
// has seen the crash.
bool is_comparable(const Remembered& known) { return known.resolved && known.durable; }

}  // namespace

Floor::Floor(const Level& level, const Session& session, const ClusterView& view)
    : session_(session),
      view_(view),
      minds_writes_(consistency::minds_writes(level)),
      minds_reads_(consistency::minds_reads(level)) {
  if (minds_writes_) folded_ = session.writes().at(k_origin).lsn;
  if (minds_reads_) folded_ = std::max(folded_, session.reads().at(k_origin).lsn);
  lsn_ = folded_;
  for (const Remembered& known : session.marks()) {
    if (!minds(known)) continue;
    if (known.resolved) lsn_ = std::max(lsn_, known.position.lsn);
    if (!is_comparable(known)) {
      has_pending_ = true;
      candidates_ &= known.mark.node < consistency::k_max_nodes ? node_bit(known.mark.node) : 0;
    }
    is_behind_barrier_ |= !known.mark.on_primary && !known.shown;
  }
  is_behind_barrier_ |= minds_reads_ && session.unshown() != Lsn{};
}

bool Floor::minds(const Remembered& known) const {
  return known.is_write ? minds_writes_ : minds_reads_;
}

NodeSet Floor::wanted() const {
  NodeSet wanted = 0;
  for (const Remembered& known : session_.marks()) {
    if (!minds(known) || is_comparable(known)) continue;
    wanted |= known.resolved ? node_bit(known.mark.node) : view_.status(known.mark).wanted;
  }
  return wanted;
}

bool Floor::covers(const NodeView& node, Lsn lsn) const {
  if (node.timeline == session_.timeline()) return node.applied >= lsn;
  const auto cover = view_.history().covers(node.position(), {session_.timeline(), lsn});
  return cover == Cover::k_covered;
}

// What a run has shown it goes on showing, so a session's own reads there say nothing against it,
// resolved or not.
Floor::Answer Floor::answer(NodeIndex standby) const {
  const NodeView& node = view_.node(standby);
  if (!has_pending_ && covers(node, lsn_)) return Answer::k_covers;
  if (!covers(node, folded_)) return Answer::k_no;
  for (const Remembered& known : session_.marks()) {
    if (!minds(known) || is_run_of(known.mark, view_, standby)) continue;
    if (!is_comparable(known) || !covers(node, known.position.lsn)) return Answer::k_no;
  }
  return Answer::k_same_run;
}

std::optional<Duration> Floor::time_to_cover(NodeIndex standby, Instant now) const {
  auto longest = view_.time_to_reach(standby, lsn_, now);
  if (!longest) return std::nullopt;
  const NodeView& node = view_.node(standby);
  for (const Remembered& known : session_.marks()) {
    if (!minds(known) || known.resolved || is_run_of(known.mark, view_, standby)) continue;
    longest = std::max(*longest, node.replay_delay - (now - known.mark.at));
  }
  return longest;
}

bool Floor::is_fate_open() const {
  if (session_.timeline() != view_.timeline() && !session_.empty()) return true;
  return std::ranges::any_of(session_.marks(), [this](const Remembered& known) {
    const bool is_elsewhere = !is_run_of(known.mark, view_, view_.primary());
    return minds(known) && known.mark.on_primary && !known.resolved && is_elsewhere;
  });
}

// A standby that was read tells with its next snapshot. For one that is gone another can tell, once
// it has replayed as much, or the primary itself, by a fence.
Floor::Opening Floor::opening() const {
  Opening opening{.wanted = node_bit(view_.primary())};
  bool is_gone = session_.unshown() != Lsn{};
  for (const Remembered& known : session_.marks()) {
    if (!minds(known) || known.mark.on_primary || known.shown) continue;
    const bool is_here = known.mark.node < view_.nodes().size() &&
                         is_run_of(known.mark, view_, known.mark.node) &&
                         view_.node(known.mark.node).admitted();
    if (is_here) opening.wanted |= node_bit(known.mark.node);
    is_gone |= !is_here;
  }
  if (is_gone) opening.wanted |= view_.standbys();
  opening.fence = is_gone;
  return opening;
}

}  // namespace tidemark::routing
