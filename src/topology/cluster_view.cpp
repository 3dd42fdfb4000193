#include "topology/cluster_view.h"

#include <algorithm>

namespace tidemark::topology {

using consistency::History;
using consistency::Incarnation;
using consistency::k_no_node;
using consistency::Lsn;
using consistency::Mark;
using consistency::MarkStatus;
using consistency::node_bit;
using consistency::NodeIndex;
using consistency::Position;
using consistency::Role;
using consistency::Timeline;
using Kind = consistency::MarkStatus::Kind;

namespace {

MarkStatus pending(consistency::NodeSet wanted) {
  return {.kind = Kind::k_pending, .wanted = wanted};
}

MarkStatus lost() { return {.kind = Kind::k_lost}; }

}  // namespace

std::string_view to_string(Admission admission) {
  switch (admission) {
    case Admission::k_admitted:
      return "admitted";
    case Admission::k_never_sampled:
      return "not sampled yet";
    case Admission::k_unreachable:
      return "unreachable";
    case Admission::k_stale:
      return "no recent sample";
    case Admission::k_other_system:
      return "another system identifier";
    case Admission::k_starting:
      return "starting up";
    case Admission::k_older_timeline:
      return "a former primary on an older timeline";
    case Admission::k_in_doubt:
      return "a standby follows a newer timeline, of which no primary has been seen";
    case Admission::k_second_primary:
      return "a second primary on the same timeline";
    case Admission::k_unwritten_timeline:
      return "on a newer timeline, of which no primary has been seen";
    case Admission::k_contested:
      return "two primaries on the same timeline, and no telling which is the right one";
    case Admission::k_other_branch:
      return "another timeline of the same number";
    case Admission::k_disputed:
      return "on a timeline that two primaries have written";
    case Admission::k_beyond_switch:
      return "beyond the switch point of the newer timeline";
    case Admission::k_history_unknown:
      return "the history of its timeline, or of the newest, is not known yet";
    case Admission::k_branch_unknown:
      return "no WAL receiver, and log of more than one timeline";
  }
  return "";
}

const FormerRun* ClusterView::find_former(const Mark& mark) const {
  if (!former_) return nullptr;
  const auto found = std::ranges::find_if(*former_, [&](const FormerRun& run) {
    return run.node == mark.node && run.incarnation == mark.incarnation;
  });
  return found == former_->end() ? nullptr : &*found;
}

Kind ClusterView::survival(Position position) const {
  if (position.timeline == timeline_ || position.lsn == Lsn{}) return Kind::k_resolved;
  if (position.timeline > timeline_) {
    const bool dead = has_primary() || is_abandoned(position.timeline);
    return dead ? Kind::k_lost : Kind::k_pending;
  }
  if (!history_.knows(timeline_)) return history_failed_ ? Kind::k_lost : Kind::k_pending;
  const bool kept = position.lsn <= history_.shared(position.timeline, timeline_);
  return kept ? Kind::k_resolved : Kind::k_lost;
}

// What survived had been flushed before the primary of today began, and a new timeline begins
// behind all that it has taken over.
std::optional<Lsn> ClusterView::survivors(Timeline timeline) const {
  if (has_primary()) return node(primary_).flush;
  if (timeline == timeline_ || !history_.knows(timeline_)) return std::nullopt;
  const Lsn shared = history_.shared(timeline, timeline_);
  return shared == Lsn{} ? std::nullopt : std::optional(shared);
}

// A surviving position lies before every fork in between, so it may as well be stated on the newest
// timeline.
MarkStatus ClusterView::judged(Position position, bool durable) const {
  return {.kind = survival(position),
          .position = {timeline_, position.lsn},
          .wanted = 0,
          .durable = durable};
}

// In one run a node goes along one branch. What it showed on a timeline before lies before the
// point where it left that for `branch`, however rough the bound is.
Position ClusterView::on_branch(Position upper, Timeline branch) const {
  const Lsn limit = upper.timeline < branch ? history_.shared(upper.timeline, branch) : Lsn{};
  return limit == Lsn{} ? upper : Position{upper.timeline, std::min(upper.lsn, limit)};
}

MarkStatus ClusterView::status(const Mark& mark) const {
  if (mark.node == k_no_node) return status_on_standby(nullptr, 0, mark);
  if (mark.node >= nodes_.size()) return lost();
  const NodeView& node = nodes_[mark.node];
  if (mark.incarnation == node.incarnation) return status_on_current(node, mark);
  // A run that this view does not know yet: someone has seen a newer view.
  if (mark.incarnation > node.incarnation) return pending(node_bit(mark.node));
  const FormerRun* run = find_former(mark);
  if (run == nullptr) return lost();
  if (run->was_primary) return status_on_former_primary(*run, mark.at);
  return status_on_standby(run->trail.get(), run->timeline, mark);
}

MarkStatus ClusterView::status_on_current(const NodeView& node, const Mark& mark) const {
  if (node.role == Role::k_standby && !node.admitted() && !mark.on_primary) {
    return status_on_standby(node.trail.get(), node.branch(), mark);
  }
  if (const auto* point = node.trail ? node.trail->after(mark.at) : nullptr) {
    return judged(on_branch(point->upper, node.branch()), point->is_durable());
  }
  // A primary that is gone, and another has taken over: its last writes may have gone with it.
  const bool superseded = node.role == Role::k_primary && node.timeline < timeline_;
  if (superseded && node.admission == Admission::k_unreachable) return lost();
  return pending(node_bit(mark.node));
}

// The first sample after the mark tells what had been inserted by then, as long as that run goes
// on. Once it is over, only what was seen flushed is safe: the rest may have gone with a crash, and
// other data may have been written to the same positions since (anomaly P7), on this timeline or,
// unseen, before a promotion. On a newer timeline the switch point decides, too.
MarkStatus ClusterView::status_on_former_primary(const FormerRun& run, Instant at) const {
  const auto* point = run.trail ? run.trail->after(at) : nullptr;
  if (point == nullptr) return lost();
  const Position upper = on_branch(point->upper, run.timeline);
  if (upper.lsn <= run.durable) return judged(upper, true);
  return is_overtaken(run) ? lost() : pending(0);
}

bool ClusterView::is_overtaken(const FormerRun& run) const {
  return run.continued || run.timeline != timeline_;
}

// A standby's own sample is the best bound. Without one the primary's will do: standbys get only
// what their primary has flushed, so whatever a read had seen by `at` lies below the insert
// position of the first sample of the primary sent after `at`. That holds, too, if the primary
// crashed and came back in between, as what was flushed survives. It holds only if both were on the
// same branch: a standby that vanished around a failover may have shown what the new primary never
// had.
MarkStatus ClusterView::status_on_standby(const Trail* trail, Timeline timeline,
                                          const Mark& mark) const {
  const auto* own = trail != nullptr ? trail->after(mark.at) : nullptr;
  if (own != nullptr) return judged(on_branch(own->upper, timeline), true);
  // A promotion that no sample saw: what it wrote may be gone with it.
  if (mark.on_primary) return lost();
  const auto* point = origin_trail_ ? origin_trail_->after(mark.at) : nullptr;
  if (point == nullptr) return pending(has_primary() ? node_bit(primary_) : 0);
  if (!stays_on(timeline, *point, mark.at)) return lost();
  return judged(point->upper, true);
}

// Whether a standby, last seen on `timeline` (0: not known), was on the branch of the primary's
// point when it was read no later than `at`.
bool ClusterView::stays_on(Timeline timeline, const Trail::Point& point, Instant at) const {
  if (timeline != 0) return timeline == point.upper.timeline;
  return point.upper.timeline == timeline_ && timeline_since_ <= at;
}

Kind ClusterView::durability(const Mark& mark, Lsn lsn) const {
  if (mark.node >= nodes_.size()) return Kind::k_lost;
  const NodeView& node = nodes_[mark.node];
  if (mark.incarnation > node.incarnation) return Kind::k_pending;
  if (mark.incarnation == node.incarnation) {
    if (lsn <= node.flush) return Kind::k_resolved;
    return node.timeline == timeline_ ? Kind::k_pending : Kind::k_lost;
  }
  const FormerRun* run = find_former(mark);
  if (run == nullptr) return Kind::k_lost;
  if (lsn <= run->durable) return Kind::k_resolved;
  return is_overtaken(*run) ? Kind::k_lost : Kind::k_pending;
}

bool ClusterView::primary_shows(const Mark& mark) const {
  if (!has_primary()) return false;
  if (mark.at <= fence_) return true;
  if (mark.node >= nodes_.size() || mark.incarnation != nodes_[mark.node].incarnation) return false;
  return mark.node == primary_ || mark.at <= nodes_[mark.node].barrier;
}

// A new primary starts with all that lies before its switch point, and shows it from the beginning.
bool ClusterView::primary_shows(Lsn lsn) const {
  if (!has_primary()) return false;
  const auto& switches = history_.switches();
  const auto begin = std::ranges::find(switches, timeline_, &History::Switch::timeline);
  return lsn <= shown_ || (begin != switches.end() && lsn <= begin->at);
}

// Points of an older timeline say nothing of what the new primary had committed by then, unseen.
// What an older timeline's commits left behind lies before the switch point, and so below.
std::optional<Lsn> ClusterView::committed_before(Instant since) const {
  const auto* point = origin_trail_ ? origin_trail_->after(since, timeline_) : nullptr;
  return point != nullptr ? std::optional(point->upper.lsn) : std::nullopt;
}

// A snapshot of a standby speaks for all earlier ones of its run. Runs that are over, and nodes
// that have gone silent, leave it to a fence.
bool ClusterView::primary_shows_all(Instant since) const {
  if (!has_primary()) return false;
  if (since <= fence_) return true;
  if (run_ended_ > fence_) return false;
  return std::ranges::all_of(nodes_, [&](const NodeView& node) {
    const bool never_read = node.incarnation == 0 || &node == &nodes_[primary_];
    return never_read || since <= node.barrier;
  });
}

// A standby close behind will be as late with this position as it was with the last ones. One that
// is far behind is catching up, at the rate that it has shown.
std::optional<Duration> ClusterView::time_to_reach(NodeIndex index, Lsn lsn, Instant now) const {
  constexpr Duration k_standing = std::chrono::milliseconds(100);
  constexpr Duration k_far_behind = std::chrono::seconds(1);
  const NodeView& node = nodes_[index];
  if (node.applied >= lsn) return Duration(0);
  if (node.behind_since != k_never) {
    const Duration idle = node.sampled_at - std::max(node.behind_since, node.moved_at);
    if (idle > std::max(2 * node.replay_delay, k_standing)) return std::nullopt;
    if (now - node.behind_since > k_far_behind) {
      const double seconds = static_cast<double>(lsn.value - node.applied.value) / node.replay_rate;
      if (!(seconds < 3600)) return std::nullopt;
      return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    }
  }
  const auto flushed = origin_trail_ ? origin_trail_->since_at(lsn) : std::optional<Instant>();
  return std::max(node.replay_delay - (now - flushed.value_or(now)), Duration(0));
}

// The oldest run that was sampled at or after `born` is the one: any later one killed the
// connection.
Incarnation ClusterView::incarnation_of_connection(NodeIndex index, Instant born) const {
  const auto knows = [born](const std::shared_ptr<const Trail>& trail) {
    return trail && !trail->empty() && trail->last().sent_at >= born;
  };
  if (former_) {
    for (const FormerRun& run : *former_) {
      if (run.node == index && knows(run.trail)) return run.incarnation;
    }
  }
  const NodeView& node = nodes_[index];
  return knows(node.trail) ? node.incarnation : 0;
}

}  // namespace tidemark::topology
