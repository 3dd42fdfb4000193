#include "routing/floor.h"

#include <algorithm>

namespace tidemark::routing {

using consistency::Cover;
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

// From a mark's instant until a sample has told its position: the way to its node and back, and
// what may pass until one is sent, of which several are under way at once.
Duration time_to_know(const Mark& mark, const ClusterView& view) {
  const NodeIndex node = mark.node < view.nodes().size() ? mark.node : view.primary();
  if (node == consistency::k_no_node) return Duration(0);
  const Duration there_and_back = view.node(node).latency;
  return there_and_back + there_and_back / 8;
}

}  // namespace

Floor::Floor(const Request& request, const Session& session, const ClusterView& view,
             Instant arrived)
    : request_(request), session_(session), view_(view) {
  take_marks();
  take_bound(arrived);
}

void Floor::take_marks() {
  const consistency::Promise& promise = request_.promise;
  if (promise.writes) folded_ = session_.writes().at(k_origin).lsn;
  if (promise.reads) folded_ = std::max(folded_, session_.reads().at(k_origin).lsn);
  lsn_ = folded_;
  for (const Remembered& known : session_.marks()) {
    if (!minds(known)) continue;
    if (known.resolved) lsn_ = std::max(lsn_, known.position.lsn);
    if (!is_comparable(known)) {
      has_pending_ = true;
      candidates_ &= known.mark.node < consistency::k_max_nodes ? node_bit(known.mark.node) : 0;
    }
    is_behind_barrier_ |= !known.mark.on_primary && !known.shown;
  }
  is_behind_barrier_ |= promise.reads && session_.unshown() != Lsn{};
}

// What was committed before some instant is required of every session. The primary has it; what it
// may lack is what others have been shown by standbys.
void Floor::take_bound(Instant arrived) {
  const consistency::Promise& promise = request_.promise;
  const bool strong = promise.strong && request_.from_standbys;
  if (strong) is_behind_all_ = !view_.primary_shows_all(arrived);
  is_behind_barrier_ |= is_behind_all_;
  if (!strong && !promise.is_bounded()) return;
  bound_from_ = strong ? arrived : arrived - promise.bound;
  const auto required = view_.committed_before(bound_from_);
  is_bound_open_ = !required;
  if (is_bound_open_) candidates_ = 0;
  bound_ = required.value_or(Lsn{});
  lsn_ = std::max(lsn_, bound_);
}

bool Floor::minds(const Remembered& known) const {
  const consistency::Promise& promise = request_.promise;
  if (known.is_write ? !promise.writes : !promise.reads) return false;
  return promise.across_tables || request_.tables.meet(known.about());
}

NodeSet Floor::wanted() const {
  NodeSet wanted = is_bound_open_ && view_.has_primary() ? node_bit(view_.primary()) : 0;
  for (const Remembered& known : session_.marks()) {
    if (!minds(known) || is_comparable(known)) continue;
    wanted |= known.resolved ? node_bit(known.mark.node) : view_.status(known.mark).wanted;
  }
  return wanted;
}

Instant Floor::wanted_since() const {
  Instant since = is_bound_open_ ? bound_from_ : Instant::min();
  for (const Remembered& known : session_.marks()) {
    if (!minds(known) || is_comparable(known)) continue;
    // How far the primary has flushed is asked until it is far enough.
    if (known.resolved) return k_never;
    since = std::max(since, known.mark.at);
  }
  return since;
}

bool Floor::covers(const NodeView& node, Lsn lsn) const {
  if (node.timeline == session_.timeline()) return node.applied >= lsn;
  const auto cover = view_.history().covers(node.position(), {session_.timeline(), lsn});
  return cover == Cover::k_covered;
}

bool Floor::covers_bound(const NodeView& node) const {
  if (is_bound_open_) return false;
  if (bound_ == Lsn{} || node.timeline == view_.timeline()) return node.applied >= bound_;
  const auto cover = view_.history().covers(node.position(), {view_.timeline(), bound_});
  return cover == Cover::k_covered;
}

// What a run has shown it goes on showing, so a session's own reads there say nothing against it,
// resolved or not.
Floor::Answer Floor::answer(NodeIndex standby) const {
  const NodeView& node = view_.node(standby);
  if (!covers_bound(node)) return Answer::k_no;
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
  if (!longest || (is_bound_open_ && !view_.has_primary())) return std::nullopt;
  const NodeView& node = view_.node(standby);
  if (is_bound_open_) longest = std::max(*longest, node.replay_delay);
  if (!has_pending_) return longest;
  if (!unresolved_) unresolved_ = unresolved();
  const Remembered* last = unresolved_->latest;
  if (last != nullptr && is_run_of(last->mark, view_, standby)) last = unresolved_->elsewhere;
  if (last == nullptr) return longest;
  const Duration late = std::max(node.replay_delay, time_to_know(last->mark, view_));
  return std::max(*longest, late - (now - last->mark.at));
}

Floor::Unresolved Floor::unresolved() const {
  Unresolved found;
  for (const Remembered& known : session_.marks()) {
    if (known.resolved || !minds(known)) continue;
    if (found.latest == nullptr || known.mark.at > found.latest->mark.at) found.latest = &known;
  }
  for (const Remembered& known : session_.marks()) {
    if (known.resolved || !minds(known) || known.mark.same_run(found.latest->mark)) continue;
    if (found.elsewhere == nullptr || known.mark.at > found.elsewhere->mark.at) {
      found.elsewhere = &known;
    }
  }
  return found;
}

bool Floor::is_fate_open() const {
  const bool minds_any = request_.promise.writes || request_.promise.reads;
  if (minds_any && session_.timeline() != view_.timeline() && !session_.empty()) return true;
  return std::ranges::any_of(session_.marks(), [this](const Remembered& known) {
    const bool is_elsewhere = !is_run_of(known.mark, view_, view_.primary());
    return minds(known) && known.mark.on_primary && !known.resolved && is_elsewhere;
  });
}

// A standby that was read tells with its next snapshot. For one that is gone another can tell, once
// it has replayed as much, or the primary itself, by a fence.
Floor::Opening Floor::opening() const {
  Opening opening{.wanted = node_bit(view_.primary())};
  bool is_gone = session_.unshown() != Lsn{} || is_behind_all_;
  Instant latest = Instant::min();
  for (const Remembered& known : session_.marks()) {
    if (!minds(known) || known.mark.on_primary || known.shown) continue;
    const bool is_here = known.mark.node < view_.nodes().size() &&
                         is_run_of(known.mark, view_, known.mark.node) &&
                         view_.node(known.mark.node).admitted();
    if (is_here) opening.wanted |= node_bit(known.mark.node);
    latest = std::max(latest, known.mark.at);
    is_gone |= !is_here;
  }
  if (is_gone) opening.wanted |= view_.standbys();
  opening.fence = is_gone;
  if (!is_gone) opening.since = latest;
  return opening;
}

}  // namespace tidemark::routing
