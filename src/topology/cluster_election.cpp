// Cluster: which timeline is the origin's, and who is its primary. The rules are in cluster.h.
#include <algorithm>
#include <utility>

#include "topology/cluster.h"

namespace tidemark::topology {

using consistency::k_no_node;
using consistency::node_bit;
using consistency::NodeIndex;
using consistency::Role;
using consistency::Timeline;

void Cluster::choose_timeline(Instant now) {
  for (const Tracked& node : nodes_) {
    if (node.view.timeline > written_ && writes(node, node.view.timeline)) {
      written_ = node.view.timeline;
      forget_writers();
    }
  }
  Timeline newest = written_;
  for (const Tracked& node : nodes_) {
    const bool lives = written_ == 0 || node.fed_at + options_.claim_lasts >= now;
    if (is_of_origin(node) && lives) newest = std::max(newest, node.view.timeline);
  }
  if (newest == state_.timeline_) return;
  if (newest < state_.timeline_) {
    const auto has_writer = [&](const Tracked& node) {
      return node.reachable && writes(node, newest);
    };
    if (std::ranges::none_of(nodes_, has_writer)) return;
    state_.abandoned_ = std::max(state_.abandoned_, state_.timeline_);
  }
  begin_timeline(newest);
}

// Transaction ids and positions behind the switch point mean something else from here on, so
// nothing that the old primary has shown counts any more. What lies before it survives() and
// primary_shows().
void Cluster::begin_timeline(Timeline timeline) {
  state_.timeline_since_ = state_.timeline_ == 0 ? Instant::min() : Instant::max();
  state_.timeline_ = timeline;
  state_.history_failed_ = false;
  state_.fence_ = Instant::min();
  state_.shown_ = {};
  state_.primary_ = k_no_node;
  primary_sample_.reset();
  for (Tracked& node : nodes_) {
    node.view.barrier = Instant::min();
    node.unshown.clear();
  }
}

bool Cluster::writes(const Tracked& node, Timeline timeline) const {
  return node.view.role == Role::k_primary && is_of_origin(node) && node.view.timeline == timeline;
}

bool Cluster::is_writing(NodeIndex index) const {
  return index != k_no_node && nodes_[index].reachable && writes(nodes_[index], written_);
}

// By another address.
bool Cluster::is_same_server(NodeIndex one, NodeIndex other) const {
  const auto run = [this](NodeIndex index) {
    return std::pair(nodes_[index].postmaster_started_us, nodes_[index].checkpointer_started_us);
  };
  return one == other || (run(one) == run(other) && run(one).second != 0);
}

void Cluster::choose_writer() {
  for (NodeIndex index = 0; index < nodes_.size(); ++index) {
    Tracked& node = nodes_[index];
    const bool beside = is_writing(writer_) && is_writing(index) && !is_same_server(index, writer_);
    if (beside) note_rival(node);
    if (!writes(node, written_)) node.is_rival = false;
  }
  if (is_writing(writer_)) return;
  // Whoever made a standby of it has decided between the two.
  if (writer_ != k_no_node && !writes(nodes_[writer_], written_)) {
    for (Tracked& node : nodes_) node.is_rival = false;
  }
  for (NodeIndex index = 0; index < nodes_.size(); ++index) {
    if (!is_writing(index) || nodes_[index].is_rival) continue;
    if (writer_ != k_no_node && !is_same_server(index, writer_)) begin_anew(writer_);
    writer_ = index;
    heard_ = 0;
    was_alone_ = false;
    return choose_writer();  // whoever else writes is its rival
  }
}

void Cluster::forget_writers() {
  writer_ = k_no_node;
  for (Tracked& node : nodes_) node.also_wrote = node.is_rival = false;
}

void Cluster::note_rival(Tracked& node) {
  node.is_rival = true;
  node.also_wrote = true;
  node.also_told = node.told.timeline == written_ ? node.told.history : std::nullopt;
}

// The number is the same, and the log may be another one from wherever the new writer was. Marks
// of before are lost with their incarnations, and positions as if they were another origin's.
void Cluster::begin_anew(NodeIndex former) {
  nodes_[former].also_wrote = true;
  nodes_[former].also_told =
      state_.history_.knows(written_) ? std::optional(state_.history_) : std::nullopt;
  forget_log();
  ++state_.begun_anew_;
}

void Cluster::hear_of(NodeIndex index) { heard_ |= node_bit(index); }

// Two have written the timeline since before all were heard of: either may be the wrong one.
bool Cluster::is_contested() const {
  return !was_alone_ && std::ranges::any_of(nodes_, &Tracked::is_rival);
}

// Whether somebody else has written a timeline that cannot be told from this one.
bool Cluster::is_disputed() const {
  return std::ranges::any_of(nodes_, [this](const Tracked& node) {
    return node.also_wrote && written_ == state_.timeline_ &&
           !(node.also_told && node.also_told->contradicts(state_.history_));
  });
}

// The newest timeline wins, not the highest position (anomaly F2).
void Cluster::elect_primary() {
  choose_writer();
  const bool writes_newest = written_ == state_.timeline_ && is_writing(writer_);
  if (writes_newest && std::ranges::none_of(nodes_, &Tracked::is_rival)) {
    const auto all = nodes_.size() == consistency::k_max_nodes
                         ? ~consistency::NodeSet{0}
                         : node_bit(static_cast<NodeIndex>(nodes_.size())) - 1;
    was_alone_ |= (heard_ | node_bit(writer_)) == all;
  }
  const NodeIndex primary = writes_newest && !is_contested() ? writer_ : k_no_node;
  if (primary == state_.primary_) return;
  state_.primary_ = primary;
  primary_sample_.reset();
}

}  // namespace tidemark::topology
