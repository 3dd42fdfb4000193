// ClusterView: what is known of an origin's nodes at one moment, as an immutable value.
//
// The monitor's Cluster makes one after every change; readers on any thread hold it by shared_ptr
// and ask it without locks. No question allocates.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "consistency/history.h"
#include "consistency/mark.h"
#include "consistency/node.h"
#include "topology/rings.h"
#include "topology/trail.h"

namespace tidemark::topology {

// Whether a node may serve anything, and if not, why not.
enum class Admission : std::uint8_t {
  k_admitted,
  k_never_sampled,   // nothing is known of it yet
  k_unreachable,     // its connection failed, or a sample did not come back in time
  k_stale,           // no sample for longer than the limit
  k_other_system,    // another system identifier: not a copy of this origin
  k_starting,        // a standby that has not replayed anything yet
  k_older_timeline,  // not in recovery, on a timeline that was left behind (anomaly F2)
  k_in_doubt,        // not in recovery, while standbys get log of a newer timeline from somebody
  k_second_primary,  // not in recovery, on the timeline of the primary known before
  k_unwritten_timeline,  // a standby on a newer timeline, which nobody is seen to write
  k_contested,        // one of two primaries on one timeline, and no telling which is the right one
  k_other_branch,     // a standby on a timeline of the same number, which began elsewhere
  k_disputed,         // a standby on a timeline that has been written by two
  k_beyond_switch,    // a standby on a branch that was left behind (anomalies F1, F5)
  k_history_unknown,  // a standby on another timeline, and its history is not known yet
  k_branch_unknown,   // a standby of which only bounds of its timeline are known (anomalies F3, F5)
};

// The reason in words: "admitted", "unreachable", ...
std::string_view to_string(Admission admission);

struct NodeView {
  std::shared_ptr<const std::string> address;  // as configured
  consistency::Role role = consistency::Role::k_unknown;
  consistency::Incarnation incarnation = 0;
  Admission admission = Admission::k_never_sampled;

  // All that it shows is on `timeline`, unless timeline_at_most is higher: then only these bounds
  // are known.
  consistency::Timeline timeline = 0;
  consistency::Timeline timeline_at_most = 0;

  // A standby: replayed, a lower bound of what any later statement sees. The primary: written
  // (insert).
  consistency::Lsn applied;
  consistency::Lsn flush;  // of the primary only

  // How far a standby's replay is behind, as a time: how long ago the primary was where the standby
  // is now; zero when it has everything. None where it cannot be told (no primary known).
  std::optional<Duration> lag;

  // The same as an instant: since when the primary has been beyond `applied`; k_never if it is not.
  Instant behind_since = k_never;

  // A standby: how long what the primary has flushed lately took to be replayed here.
  Duration replay_delay{0};
  // How fast its replay position has lately moved, in bytes of log a second; when it last did.
  double replay_rate = 0;
  Instant moved_at = Instant::min();

  // A standby: reads on it that were answered up to this instant saw nothing that the primary does
  // not show by now. The earliest instant if that was never shown.
  Instant barrier = Instant::min();

  Instant sampled_at = Instant::min();  // when the latest sample was sent
  Duration round_trip{0};               // how long the latest sample took
  Duration latency{0};                  // the same, smoothed over about eight samples
  Duration distance{0};                 // the same of the quickest lately: without what load adds

  std::shared_ptr<const Trail> trail;  // of this incarnation; null if never sampled

  bool admitted() const { return admission == Admission::k_admitted; }
  bool knows_branch() const { return timeline_at_most == timeline; }
  // k_any_timeline if it is not known.
  consistency::Timeline branch() const {
    return knows_branch() ? timeline : consistency::k_any_timeline;
  }
  consistency::Position position() const { return {timeline, applied}; }
};

// An incarnation that is over, remembered for the marks that were made on it.
struct FormerRun {
  consistency::NodeIndex node = consistency::k_no_node;
  consistency::Incarnation incarnation = 0;
  bool was_primary = false;
  consistency::Timeline timeline = 0;  // or k_any_timeline
  consistency::Lsn durable;            // of a former primary: the last flush position seen
  bool continued = false;  // of a former primary: another run has gone on writing its timeline
  std::shared_ptr<const Trail> trail;
};

class ClusterView {
 public:
  const std::vector<NodeView>& nodes() const { return nodes_; }
  const NodeView& node(consistency::NodeIndex index) const { return nodes_[index]; }

  // The one node that may be written to, or k_no_node.
  consistency::NodeIndex primary() const { return primary_; }
  bool has_primary() const { return primary_ != consistency::k_no_node; }

  // The standbys that are admitted.
  consistency::NodeSet standbys() const { return standbys_; }

  // The same by how far away they are, the nearest first.
  std::span<const consistency::NodeSet> rings() const { return rings_.sets(); }
  // Those of them that are so much farther away than the primary that reads are better served
  // there.
  consistency::NodeSet beyond_primary() const { return beyond_primary_; }

  // The origin's newest timeline (which that is: cluster.h), and how the others descend.
  consistency::Timeline timeline() const { return timeline_; }
  // A newer one that was taken for the origin's, on standbys' word alone, and is not.
  bool is_abandoned(consistency::Timeline timeline) const {
    return timeline > timeline_ && timeline <= abandoned_;
  }
  const consistency::History& history() const { return history_; }

  // The system identifier of the origin, and another number once its timeline was begun anew by
  // another node: positions of before mean nothing here.
  std::uint64_t system_identifier() const { return system_identifier_ + begun_anew_; }

  // Counts up with every view of one Cluster.
  std::uint64_t version() const { return version_; }

  // What is known of a mark, of any incarnation of any node. See the proofs in cluster_view.cpp.
  consistency::MarkStatus status(const consistency::Mark& mark) const;

  // Whether a position is still part of the origin's history, judged by the newest timeline:
  // k_resolved, k_lost, or k_pending while that timeline's history is not known.
  consistency::MarkStatus::Kind survival(consistency::Position position) const;

  // A position at or above everything that has survived of what was written on a timeline by
  // earlier runs of its primary. It survives a crash itself. Nothing while there is no primary to
  // tell, nor a history: it names its own ancestors only.
  std::optional<consistency::Lsn> survivors(consistency::Timeline timeline) const;

  // Survival after a crash without a new timeline (anomaly P7), for a position that a mark on a
  // primary was resolved to: k_resolved once no crash can take it any more, k_lost if one may have,
  // k_pending while that is open.
  consistency::MarkStatus::Kind durability(const consistency::Mark& mark,
                                           consistency::Lsn lsn) const;

  // Whether the primary shows everything that reads on a standby could have seen up to the mark.
  bool primary_shows(const consistency::Mark& mark) const;
  // Whether the primary shows every commit up to a position of the newest timeline.
  bool primary_shows(consistency::Lsn lsn) const;

  // A position at or above every commit that was answered before `since` and has survived: where
  // the primary was in its first sample sent at or after that, on the newest timeline. Standbys
  // that have it miss nothing that was committed before. Nothing: no such sample yet.
  std::optional<consistency::Lsn> committed_before(Instant since) const;

  // Whether the primary shows everything that any read on any standby, answered before `since`,
  // could have seen.
  bool primary_shows_all(Instant since) const;

  // How long, by its own record, a standby will take until it has replayed up to the position;
  // nothing if it stands still although there is something to replay, or there is no telling.
  std::optional<Duration> time_to_reach(consistency::NodeIndex node, consistency::Lsn lsn,
                                        Instant now) const;

  // The incarnation that a server connection to the node belongs to, which was established at or
  // before `born`; 0 while no sample tells.
  consistency::Incarnation incarnation_of_connection(consistency::NodeIndex node,
                                                     Instant born) const;

 private:
  friend class Cluster;

  const FormerRun* find_former(const consistency::Mark& mark) const;
  consistency::MarkStatus judged(consistency::Position position, bool durable) const;
  consistency::Position on_branch(consistency::Position upper, consistency::Timeline branch) const;
  consistency::MarkStatus status_on_current(const NodeView& node,
                                            const consistency::Mark& mark) const;
  consistency::MarkStatus status_on_former_primary(const FormerRun& run, Instant at) const;
  consistency::MarkStatus status_on_standby(const Trail* trail, consistency::Timeline timeline,
                                            const consistency::Mark& mark) const;
  bool is_overtaken(const FormerRun& run) const;
  bool stays_on(consistency::Timeline timeline, const Trail::Point& point, Instant at) const;

  std::vector<NodeView> nodes_;
  consistency::NodeIndex primary_ = consistency::k_no_node;
  consistency::NodeSet standbys_ = 0;
  consistency::NodeSet beyond_primary_ = 0;
  Rings rings_;  // of standbys_
  consistency::Timeline timeline_ = 0;
  consistency::Timeline abandoned_ = 0;  // the newest that ever was
  consistency::History history_;
  bool history_failed_ = false;  // the newest timeline's history cannot be had
  std::uint64_t system_identifier_ = 0;
  std::uint64_t begun_anew_ = 0;  // so many times
  std::uint64_t version_ = 0;
  // Since when the primary has been seen on timeline_: the earliest instant if never on another.
  Instant timeline_since_ = Instant::min();
  Instant fence_ = Instant::min();      // the primary shows all that was written before
  consistency::Lsn shown_;              // the primary shows every commit up to here
  Instant run_ended_ = Instant::min();  // no run that is over has answered anything after this
  std::shared_ptr<const std::vector<FormerRun>> former_;
  std::shared_ptr<const Trail> origin_trail_;  // of whichever node was the primary
};

}  // namespace tidemark::topology
