// Cluster: which nodes may serve, and the histories that tell it. The rules are in cluster.h.
#include <algorithm>

#include "base/check.h"
#include "topology/cluster.h"

namespace tidemark::topology {

using consistency::History;
using consistency::k_no_node;
using consistency::Lsn;
using consistency::NodeIndex;
using consistency::Role;
using consistency::Timeline;

// Zero: none. The first timeline has no history, and what may be beyond the origin's is not
// admitted anyway.
Timeline Cluster::history_needed(const Tracked& node) const {
  if (!is_of_origin(node)) return 0;
  const bool is_standby = node.view.role == Role::k_standby;
  const Timeline newest = is_standby ? node.view.timeline_at_most : node.view.timeline;
  const bool counts = is_standby ? newest <= state_.timeline_ : newest == state_.timeline_;
  return newest > 1 && counts ? newest : 0;
}

// The primary's first, and those that could not be had last.
std::optional<Cluster::HistoryWish> Cluster::wants_history() const {
  if (state_.history_failed_) return std::nullopt;
  const bool open = state_.timeline_ > 1 && !state_.history_.knows(state_.timeline_);
  if (open && state_.primary_ != k_no_node) return HistoryWish{state_.primary_, state_.timeline_};
  std::optional<HistoryWish> again;
  for (NodeIndex index = 0; index < nodes_.size(); ++index) {
    const Tracked& node = nodes_[index];
    const Timeline needed = history_needed(node);
    if (!node.reachable || needed == 0 || index == state_.primary_) continue;
    if (node.told.timeline != needed) return HistoryWish{index, needed};
    if (!node.told.history && !again) again = HistoryWish{index, needed};
  }
  return again;
}

void Cluster::on_history(NodeIndex index, Timeline timeline, std::optional<History> history) {
  CHECK(index < nodes_.size());
  Tracked& node = nodes_[index];
  if (index == state_.primary_) {
    if (history) state_.history_.add(*history);
    if (timeline == state_.timeline_) state_.history_failed_ = !state_.history_.knows(timeline);
  }
  if (history && !history->knows(timeline)) history.reset();
  node.told = {timeline, std::move(history)};
  if (node.is_rival) note_rival(node);
}

Admission Cluster::admission_of(NodeIndex index, Instant now) const {
  const Tracked& node = nodes_[index];
  if (!node.reachable) {
    return node.view.incarnation == 0 ? Admission::k_never_sampled : Admission::k_unreachable;
  }
  if (now - node.view.sampled_at > options_.stale_after) return Admission::k_stale;
  if (!is_of_origin(node)) return Admission::k_other_system;
  if (node.view.role == Role::k_standby) return admission_of_standby(node);
  if (index == state_.primary_) return Admission::k_admitted;
  if (node.view.timeline == state_.timeline_) {
    return is_contested() ? Admission::k_contested : Admission::k_second_primary;
  }
  return written_ == state_.timeline_ ? Admission::k_older_timeline : Admission::k_in_doubt;
}

Admission Cluster::admission_of_standby(const Tracked& tracked) const {
  const NodeView& node = tracked.view;
  if (node.applied == Lsn{} || node.timeline == 0) return Admission::k_starting;
  if (node.timeline > state_.timeline_) return Admission::k_unwritten_timeline;
  if (node.timeline_at_most > state_.timeline_) return Admission::k_branch_unknown;
  const Admission by_history = admission_by_history(tracked);
  if (by_history != Admission::k_admitted) return by_history;
  if (node.timeline == state_.timeline_) {
    const bool is_before = node.applied <= state_.history_.beginning(state_.timeline_);
    return is_disputed() && !is_before ? Admission::k_disputed : Admission::k_admitted;
  }
  if (!state_.history_.knows(state_.timeline_)) return Admission::k_history_unknown;
  // What it shows must lie before the switch point of every timeline that it may be on.
  for (Timeline may_be = node.timeline; may_be <= node.timeline_at_most; ++may_be) {
    if (node.applied <= state_.history_.shared(may_be, state_.timeline_)) continue;
    return node.knows_branch() ? Admission::k_beyond_switch : Admission::k_branch_unknown;
  }
  return Admission::k_admitted;
}

// Without a primary to hold them against, those of standbys must agree with each other.
Admission Cluster::admission_by_history(const Tracked& node) const {
  const Timeline needed = history_needed(node);
  if (needed == 0 || state_.history_failed_) return Admission::k_admitted;
  if (node.told.timeline != needed || !node.told.history) return Admission::k_history_unknown;
  const History& told = *node.told.history;
  if (state_.history_.knows(state_.timeline_)) {
    return told.contradicts(state_.history_) ? Admission::k_other_branch : Admission::k_admitted;
  }
  if (written_ == state_.timeline_) return Admission::k_history_unknown;
  const bool agree = std::ranges::none_of(nodes_, [&](const Tracked& other) {
    return other.told.history && other.told.history->contradicts(told);
  });
  return agree ? Admission::k_admitted : Admission::k_other_branch;
}

}  // namespace tidemark::topology
