// Cluster: turns samples into views. A step function without a clock, owned by the monitor.
//
// Which timeline is the origin's? A higher number is a later promotion, so of two timelines that
// live the higher wins (anomaly F2: the dead primary may still accept writes). But a promotion can
// be a mistake that was undone: its number is higher, too, and a standby may be left on it. So what
// counts is who has been seen alive on it:
//  - A timeline that a node has been seen to write stays for good; no older one comes back.
//  - One that only standbys are on counts as long as one of them streams it or gets on with it, and
//    for `claim_lasts` after: then somebody who writes it is probably out there, unseen. A primary
//    of an older timeline may be the one to fence, and takes no statements.
//  - One that standbys merely are on, without a sign of life, counts while no node has been seen
//    to write at all. A primary of an older timeline that shows up then takes its place, and what
//    was read on the newer one is lost (ClusterView::is_abandoned).
// Thread rule: confined to one thread; the views it makes may go anywhere.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consistency/sample.h"
#include "topology/barrier.h"
#include "topology/cluster_view.h"
#include "topology/unshown.h"

namespace tidemark::topology {

class Cluster {
 public:
  struct Options {
    // A node without a sample for this long is not admitted.
    Duration stale_after = std::chrono::seconds(2);
    // How long a timeline that standbys alone are on counts after its last sign of life: longer
    // than a primary takes to restart.
    Duration claim_lasts = std::chrono::seconds(30);
  };

  // How many incarnations that are over are remembered; the oldest is forgotten first.
  static constexpr std::size_t k_max_former = 32;

  // REQUIRES: 1 to k_max_nodes addresses.
  explicit Cluster(std::vector<std::string> addresses);
  Cluster(std::vector<std::string> addresses, Options options);

  // Takes in an observation. One sent before the latest of the same node is ignored.
  void on_sample(const consistency::Sample& sample);

  // The connection to the node was lost, or a sample did not come back in time.
  void on_failure(consistency::NodeIndex node);

  // The timeline whose history should be fetched from any node that is on it.
  std::optional<consistency::Timeline> wants_history() const;

  // What was asked for by wants_history(). Nothing: it cannot be had, and marks of older timelines
  // count as lost.
  void on_history(consistency::Timeline timeline, std::optional<consistency::History> history);

  // What to ask a standby with its next sample.
  Inquiry inquiry() const;

  std::shared_ptr<const ClusterView> view(Instant now);

 private:
  // What is kept of a node besides its part of the view.
  struct Tracked {
    NodeView view;
    bool reachable = false;
    std::int64_t postmaster_started_us = 0;
    std::int64_t checkpointer_started_us = 0;
    std::uint64_t connection = 0;
    std::uint64_t system_identifier = 0;
    // A standby: when it was last seen to get log of its timeline, or to have replayed some.
    Instant fed_at = Instant::min();
    Unshown unshown;
  };

  bool is_same_run(const Tracked& node, const consistency::Sample& sample) const;
  void begin_run(consistency::NodeIndex index, Instant at);
  void end_run(consistency::NodeIndex index);
  void choose_system();
  void forget_origin();
  void choose_timeline(Instant now);
  void begin_timeline(consistency::Timeline timeline);
  void take_position(Tracked& node, const consistency::Sample& sample);
  void take_movement(Tracked& node, const consistency::Sample& sample);
  bool writes(const Tracked& node, consistency::Timeline timeline) const;
  void elect_primary();
  void take_primary(const consistency::Sample& sample);
  void take_fence(const consistency::Fence& fence, const NodeView& primary);
  void mark_continued(const Tracked& writer);
  void raise_barrier(Tracked& node);
  bool is_of_origin(const Tracked& node) const;
  Admission admission_of(consistency::NodeIndex index, Instant now) const;
  Admission admission_of_standby(const NodeView& node) const;
  void measure_lag(NodeView& node, Instant now) const;
  static void measure_distances(ClusterView& view);

  Options options_;
  std::vector<Tracked> nodes_;
  ClusterView state_;                  // all of the next view but its nodes
  consistency::Timeline written_ = 0;  // the newest that a node has been seen to write
  std::optional<consistency::Sample> primary_sample_;  // the latest of the primary's present run
};

}  // namespace tidemark::topology
