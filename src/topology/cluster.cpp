#include "topology/cluster.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace tidemark::topology {

using consistency::History;
using consistency::k_max_nodes;
using consistency::k_no_node;
using consistency::Lsn;
using consistency::NodeIndex;
using consistency::Role;
using consistency::Sample;
using consistency::Timeline;

namespace {

// A trail in a view never changes: the next sample makes another one.
void extend(std::shared_ptr<const Trail>& trail, const Trail::Point& point,
            std::size_t thinned = Trail::k_thinned) {
  auto longer = trail ? std::make_shared<Trail>(*trail) : std::make_shared<Trail>(thinned);
  longer->add(point);
  trail = std::move(longer);
}

}  // namespace

Cluster::Cluster(std::vector<std::string> addresses) : Cluster(std::move(addresses), Options()) {}

Cluster::Cluster(std::vector<std::string> addresses, Options options) : options_(options) {
  CHECK(!addresses.empty() && addresses.size() <= k_max_nodes);
  nodes_.resize(addresses.size());
  for (std::size_t index = 0; index < addresses.size(); ++index) {
    nodes_[index].view.address = std::make_shared<const std::string>(std::move(addresses[index]));
  }
}

void Cluster::on_sample(const Sample& sample) {
  CHECK(sample.node < nodes_.size());
  Tracked& node = nodes_[sample.node];
  if (sample.sent_at < node.view.sampled_at) return;
  if (!is_same_run(node, sample)) begin_run(sample.node, sample.sent_at);

  node.reachable = true;
  node.postmaster_started_us = sample.postmaster_started_us;
  node.checkpointer_started_us = sample.checkpointer_started_us;
  node.connection = sample.connection;
  node.view.role = sample.role;
  node.view.sampled_at = sample.sent_at;
  node.view.round_trip = sample.received_at - sample.sent_at;
  if (node.system_identifier != sample.system_identifier) {
    node.system_identifier = sample.system_identifier;
    choose_system();
  }
  take_position(node, sample);
  choose_timeline(sample.sent_at);
  hear_of(sample.node);
  elect_primary();
  if (sample.node == state_.primary_) {
    take_primary(sample);
  } else if (admission_of(sample.node, sample.sent_at) == Admission::k_admitted) {
    node.unshown.add({sample.sent_at, sample.applied, sample.snapshot});
    raise_barrier(node);
  }
}

void Cluster::on_failure(NodeIndex index) {
  CHECK(index < nodes_.size());
  nodes_[index].reachable = false;
  hear_of(index);
  elect_primary();
}

// A promotion does not end a run: whatever a standby has shown it goes on showing as the primary.
bool Cluster::is_same_run(const Tracked& node, const Sample& sample) const {
  const bool has_checkpointer = node.checkpointer_started_us != 0;
  return node.view.incarnation != 0 && node.postmaster_started_us == sample.postmaster_started_us &&
         node.checkpointer_started_us == sample.checkpointer_started_us &&
         (has_checkpointer || node.connection == sample.connection) &&
         node.system_identifier == sample.system_identifier &&
         !(node.view.role == Role::k_primary && sample.role != Role::k_primary) &&
         !(sample.role == Role::k_standby && sample.applied < node.view.applied);
}

void Cluster::begin_run(NodeIndex index, Instant at) {
  Tracked& node = nodes_[index];
  if (node.view.incarnation != 0) {
    end_run(index);
    state_.run_ended_ = std::max(state_.run_ended_, at);
  }
  NodeView fresh;
  fresh.address = node.view.address;
  fresh.incarnation = node.view.incarnation + 1;
  node.view = std::move(fresh);
  node.fed_at = Instant::min();
  node.told = {};
  node.unshown.clear();
}

void Cluster::end_run(NodeIndex index) {
  const NodeView& node = nodes_[index].view;
  if (index == state_.primary_) {
    state_.primary_ = k_no_node;
    primary_sample_.reset();
  }
  auto former = state_.former_ ? *state_.former_ : std::vector<FormerRun>();
  if (former.size() >= k_max_former) former.erase(former.begin());
  former.push_back({.node = index,
                    .incarnation = node.incarnation,
                    .was_primary = node.role == Role::k_primary,
                    .timeline = node.branch(),
                    .durable = node.flush,
                    .continued = false,
                    .trail = node.trail});
  state_.former_ = std::make_shared<const std::vector<FormerRun>>(std::move(former));
}

bool Cluster::is_of_origin(const Tracked& node) const {
  return node.system_identifier != 0 && node.system_identifier == state_.system_identifier_;
}

// The origin is what most nodes are copies of; in doubt, what was seen first.
void Cluster::choose_system() {
  const auto votes = [this](std::uint64_t identifier) {
    return std::ranges::count(nodes_, identifier, &Tracked::system_identifier);
  };
  auto best = state_.system_identifier_;
  for (const Tracked& node : nodes_) {
    if (node.system_identifier == 0) continue;
    if (best == 0 || votes(node.system_identifier) > votes(best)) best = node.system_identifier;
  }
  if (best == state_.system_identifier_) return;
  if (state_.system_identifier_ != 0) forget_origin();
  state_.system_identifier_ = best;
}

// The nodes so far were copies of something else. What was learned of their log means nothing here.
void Cluster::forget_origin() {
  forget_log();
  state_.timeline_ = 0;
  state_.timeline_since_ = Instant::min();
  written_ = 0;
  forget_writers();
}

// All but the numbers of the origin and its timeline.
void Cluster::forget_log() {
  ClusterView fresh;
  fresh.version_ = state_.version_;
  fresh.system_identifier_ = state_.system_identifier_;
  fresh.begun_anew_ = state_.begun_anew_;
  fresh.timeline_ = state_.timeline_;
  fresh.timeline_since_ = Instant::max();
  state_ = std::move(fresh);
  primary_sample_.reset();
  for (Tracked& node : nodes_) {
    node.view.barrier = Instant::min();
    node.unshown.clear();
    if (node.view.incarnation != 0) ++node.view.incarnation;
    node.view.trail = nullptr;
  }
}

void Cluster::take_position(Tracked& node, const Sample& sample) {
  NodeView& view = node.view;
  const bool moved =
      view.timeline != 0 && (sample.timeline > view.timeline || sample.applied > view.applied);
  if (sample.streams || moved) node.fed_at = sample.sent_at;
  view.timeline = std::max(view.timeline, sample.timeline);
  view.timeline_at_most = std::max(view.timeline, sample.timeline_at_most);
  if (sample.role == Role::k_primary) {
    view.applied = sample.insert;
    view.flush = sample.flush;
    extend(
        view.trail,
        {sample.sent_at, {view.timeline, sample.insert}, sample.flush, true, sample.received_at});
  } else {
    take_movement(node, sample);
    view.applied = sample.applied;
    const Lsn reached = std::max(sample.reached, sample.applied);
    if (view.knows_branch()) {
      extend(view.trail, {sample.sent_at, {view.timeline, reached}, sample.applied, false});
    }
  }
  const Duration round_trip = sample.received_at - sample.sent_at;
  view.latency += view.latency == Duration(0) ? round_trip : (round_trip - view.latency) / 8;
  // Forgotten slowly.
  const bool is_quickest = view.distance == Duration(0) || round_trip < view.distance;
  view.distance += (round_trip - view.distance) / (is_quickest ? 1 : 64);
  const bool replays = sample.role == Role::k_standby && view.trail;
  view.replay_rate = replays ? view.trail->rate() : 0;
}

// Smoothed over about four movements.
void Cluster::take_movement(Tracked& node, const Sample& sample) {
  NodeView& view = node.view;
  if (sample.applied == view.applied) return;
  view.moved_at = sample.sent_at;
  const auto flushed = state_.origin_trail_ ? state_.origin_trail_->since_at(sample.applied)
                                            : std::optional<Instant>();
  if (!flushed) return;
  const Duration delay = std::max(sample.sent_at - *flushed, Duration(0));
  view.replay_delay += (delay - view.replay_delay) / 4;
}

void Cluster::take_primary(const Sample& sample) {
  const NodeView& primary = nodes_[sample.node].view;
  if (!primary_sample_) mark_continued(nodes_[sample.node]);
  if (state_.timeline_since_ == Instant::max()) state_.timeline_since_ = sample.sent_at;
  extend(state_.origin_trail_,
         {sample.sent_at, {primary.timeline, sample.insert}, sample.flush, true}, Trail::k_long);
  primary_sample_ = sample;
  if (shows_all_before(sample.fence, sample.snapshot)) take_fence(sample.fence, primary);
  for (Tracked& node : nodes_) {
    if (node.view.role == Role::k_standby) raise_barrier(node);
  }
}

// Whoever committed a record below a position that had been reported before the fence was sent has
// a lower id than the fence's.
void Cluster::take_fence(const consistency::Fence& fence, const NodeView& primary) {
  if (fence.sent_at <= state_.fence_) return;
  state_.fence_ = fence.sent_at;
  if (!primary.trail) return;
  for (const Trail::Point& point : primary.trail->points()) {
    if (!point.on_primary || point.received_at > fence.sent_at) continue;
    state_.shown_ = std::max(state_.shown_, point.upper.lsn);
  }
}

// From now on what a former run of a primary had not flushed may be overwritten.
void Cluster::mark_continued(const Tracked& writer) {
  if (!state_.former_) return;
  auto former = *state_.former_;
  for (FormerRun& run : former) {
    run.continued |= run.was_primary && run.timeline == writer.view.timeline;
  }
  state_.former_ = std::make_shared<const std::vector<FormerRun>>(std::move(former));
}

// A snapshot that passes has every commit up to `applied`, and saw all that earlier reads on its
// node saw; so the primary shows all of that.
void Cluster::raise_barrier(Tracked& node) {
  if (!primary_sample_) return;
  const auto shown = node.unshown.take_shown(primary_sample_->snapshot);
  if (!shown) return;
  node.view.barrier = std::max(node.view.barrier, shown->sent_at);
  state_.shown_ = std::max(state_.shown_, shown->applied);
}

Inquiry Cluster::inquiry() const {
  return primary_sample_ ? inquiry_of(primary_sample_->snapshot) : Inquiry();
}

void Cluster::measure_lag(NodeView& node, Instant now) const {
  node.lag.reset();
  node.behind_since = k_never;
  if (node.role != Role::k_standby || state_.primary_ == k_no_node || !state_.origin_trail_) return;
  const auto since = state_.origin_trail_->since_beyond(node.applied);
  node.behind_since = since.value_or(k_never);
  node.lag = since ? std::max(now - *since, Duration(0)) : Duration(0);
}

std::shared_ptr<const ClusterView> Cluster::view(Instant now) {
  ++state_.version_;
  auto view = std::make_shared<ClusterView>(state_);
  view->nodes_.reserve(nodes_.size());
  for (NodeIndex index = 0; index < nodes_.size(); ++index) {
    NodeView& node = nodes_[index].view;
    node.admission = admission_of(index, now);
    measure_lag(node, now);
    if (node.role == Role::k_standby && node.admitted()) {
      view->standbys_ |= consistency::node_bit(index);
    }
    view->nodes_.push_back(node);
  }
  // A primary that has not been heard of for too long takes no statements.
  if (view->has_primary() && !view->nodes_[view->primary_].admitted()) view->primary_ = k_no_node;
  measure_distances(*view);
  return view;
}

void Cluster::measure_distances(ClusterView& view) {
  std::array<Duration, k_max_nodes> distances{};
  for (NodeIndex index = 0; index < view.nodes_.size(); ++index) {
    distances[index] = view.nodes_[index].distance;
    if (!view.has_primary() || index == view.primary_) continue;
    if (is_beyond_primary(view.nodes_[index].distance, view.nodes_[view.primary_].distance)) {
      view.beyond_primary_ |= consistency::node_bit(index) & view.standbys_;
    }
  }
  view.rings_ = Rings(view.standbys_, distances);
}

}  // namespace tidemark::topology
