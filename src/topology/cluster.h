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
//
// And two promotions apart from each other begin timelines of one number. Positions on the two look
// alike, so something else must tell them apart:
//  - Standbys: the history that a node itself has, of the newest timeline that it may be on, must
//    say the same as the primary's.
//  - Writers: who has been alone with a timeline stays its primary, and who has written it beside
//    that one takes its place only once it is seen to be a standby. Where nobody has been alone,
//    nobody is the primary until only one is left that may be. One who begins to write it once the
//    primary is gone is the primary from then on. Either may have another log than the one before
//    it: whatever was learned of that counts as lost.
//  - Where the histories of two writers say the same, a standby beyond the beginning of the
//    timeline may be on either, and is not admitted.
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

  // Which node should be asked for the history of which timeline, as it has it itself.
  struct HistoryWish {
    consistency::NodeIndex node = consistency::k_no_node;
    consistency::Timeline timeline = 0;
  };
  std::optional<HistoryWish> wants_history() const;

  // What was asked for. Nothing: it cannot be had. If it is the primary's that cannot, marks of
  // older timelines count as lost, and there is nothing to hold those of standbys against.
  void on_history(consistency::NodeIndex node, consistency::Timeline timeline,
                  std::optional<consistency::History> history);

  // What to ask a standby with its next sample.
  Inquiry inquiry() const;

  std::shared_ptr<const ClusterView> view(Instant now);

 private:
  // The history of a timeline as a node has it.
  struct Told {
    consistency::Timeline timeline = 0;
    std::optional<consistency::History> history;  // nothing: it could not be had
  };

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
    Told told;  // by its present run
    // It has written the newest written timeline beside, or before, the one that is its writer.
    bool also_wrote = false;
    std::optional<consistency::History> also_told;  // the history that it then had
    bool is_rival = false;                          // it still does, as far as is known
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
  bool is_writing(consistency::NodeIndex index) const;
  bool is_same_server(consistency::NodeIndex one, consistency::NodeIndex other) const;
  void choose_writer();
  void forget_writers();
  void note_rival(Tracked& node);
  bool is_contested() const;
  bool is_disputed() const;
  void begin_anew(consistency::NodeIndex former);
  void forget_log();
  void hear_of(consistency::NodeIndex index);
  void elect_primary();
  void take_primary(const consistency::Sample& sample);
  void take_fence(const consistency::Fence& fence, const NodeView& primary);
  void mark_continued(const Tracked& writer);
  void raise_barrier(Tracked& node);
  bool is_of_origin(const Tracked& node) const;
  Admission admission_of(consistency::NodeIndex index, Instant now) const;
  Admission admission_of_standby(const Tracked& node) const;
  Admission admission_by_history(const Tracked& node) const;
  consistency::Timeline history_needed(const Tracked& node) const;
  void measure_lag(NodeView& node, Instant now) const;
  static void measure_distances(ClusterView& view);

  Options options_;
  std::vector<Tracked> nodes_;
  ClusterView state_;                  // all of the next view but its nodes
  consistency::Timeline written_ = 0;  // the newest that a node has been seen to write
  consistency::NodeIndex writer_ = consistency::k_no_node;  // who writes it
  // Who has been heard of since the writer is that, and whether it had nobody beside it by the time
  // all had been.
  consistency::NodeSet heard_ = 0;
  bool was_alone_ = false;
  std::optional<consistency::Sample> primary_sample_;  // the latest of the primary's present run
};

}  // namespace tidemark::topology
