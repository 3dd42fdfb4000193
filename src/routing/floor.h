// What a session requires of a node at a level: every level is a floor.
#pragma once

#include <optional>

#include "consistency/session.h"
#include "routing/request.h"
#include "topology/cluster_view.h"

namespace tidemark::routing {

class Floor {
 public:
  // Of a session that is settled with the view. All are to outlive this. `arrived`: when the
  // statement did, which is when a read is said to begin.
  Floor(const Request& request, const consistency::Session& session,
        const topology::ClusterView& view, Instant arrived);

  // The highest position required, of those that are known.
  consistency::Lsn lsn() const { return lsn_; }

  // Whether there are marks whose positions are not known, or not known to be flushed, yet, or it
  // is not known where the primary was when that matters; of which nodes a sample would tell.
  bool has_pending() const { return has_pending_ || is_bound_open_; }
  consistency::NodeSet wanted() const;
  // Since when a sample would have to be sent to tell all of it; k_never: any new one may.
  Instant wanted_since() const;

  // The nodes that can cover: where marks are pending, only the one that all of them were made on.
  consistency::NodeSet candidates() const { return candidates_; }

  enum class Answer : std::uint8_t {
    k_no,
    k_covers,    // it has applied all that is required
    k_same_run,  // and what it has not, it has itself shown this session
  };
  Answer answer(consistency::NodeIndex standby) const;

  // How long until the standby will cover, as far as can be told; nothing if it stands still.
  std::optional<Duration> time_to_cover(consistency::NodeIndex standby, Instant now) const;

  // Whether the session left marks on another primary, or another run of it, about which it cannot
  // be told yet whether the present one has what they stand for.
  bool is_fate_open() const;

  // Whether the session has read on standbys what the primary does not show yet (anomalies P1 to
  // P4); or, where strong reads are served by standbys, anyone may have.
  bool is_behind_barrier() const { return is_behind_barrier_; }

  // What would open the barrier: samples of these nodes, and a fence if no standby can tell.
  struct Opening {
    consistency::NodeSet wanted = 0;
    Instant since = k_never;  // as wanted_since()
    bool fence = false;
  };
  Opening opening() const;

 private:
  // The latest of the marks that no view has resolved yet, and the latest that was not made on the
  // same run of a node as that one: what the others ask for is asked for by these.
  struct Unresolved {
    const consistency::Remembered* latest = nullptr;
    const consistency::Remembered* elsewhere = nullptr;
  };

  void take_bound(Instant arrived);
  Unresolved unresolved() const;
  void take_marks();
  bool minds(const consistency::Remembered& known) const;
  bool covers(const topology::NodeView& node, consistency::Lsn lsn) const;
  bool covers_bound(const topology::NodeView& node) const;

  const Request& request_;
  const consistency::Session& session_;
  const topology::ClusterView& view_;
  bool has_pending_ = false;
  mutable std::optional<Unresolved> unresolved_;  // found out once it is asked for
  bool is_bound_open_ = false;
  Instant bound_from_ = Instant::min();  // before which what was committed is not to be missing
  bool is_behind_barrier_ = false;
  bool is_behind_all_ = false;  // of is_behind_barrier_: for what anyone may have read
  consistency::Lsn bound_{};    // what is required of whatever session, on the view's timeline
  consistency::NodeSet candidates_ = ~consistency::NodeSet{0};
  consistency::Lsn folded_{};
  consistency::Lsn lsn_{};
};

}  // namespace tidemark::routing
