// Trail: where a log position was when, from samples of one incarnation of a node, or of whichever
// node was the primary.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/instant.h"
#include "consistency/history.h"

namespace tidemark::topology {

// The newest samples are kept one by one, older ones thinned out, the further back the more: a
// trail of k_thinned old points reaches back about 40 seconds, one of k_long hours. Immutable once
// it is part of a view; Cluster makes a new one for each sample.
class Trail {
 public:
  struct Point {
    Instant sent_at{};
    consistency::Position upper{};  // no snapshot before sent_at saw beyond it: reached, or insert
    consistency::Lsn lower{};       // a standby: applied. A primary: flush
    bool on_primary = false;
    Instant received_at = k_never;  // the answer was here then

    // Whether no crash can take what lies below `upper`: standbys get only what is flushed.
    bool is_durable() const { return !on_primary || upper.lsn <= lower; }
  };

  static constexpr std::size_t k_recent = 64;                            // kept one by one
  static constexpr std::size_t k_thinned = 64;                           // kept beyond these, or
  static constexpr std::size_t k_long = 160;                             // as many; these are
  static constexpr Duration k_spacing = std::chrono::milliseconds(150);  // at least so far apart,
  static constexpr int k_coarseness = 16;  // and at least this part of how old they are

  explicit Trail(std::size_t thinned = k_thinned) : thinned_(thinned) {}

  // A copy, with room for one more point.
  Trail(const Trail& other);
  Trail& operator=(const Trail&) = delete;
  ~Trail() = default;

  // A point sent before the last one is left out.
  void add(const Point& point);

  bool empty() const { return points_.empty(); }
  const Point& last() const { return points_.back(); }
  const std::vector<Point>& points() const { return points_; }

  // The first point sent at or after the instant; null if there is none yet. For an instant older
  // than the trail this is its oldest point: still an upper bound.
  const Point* after(Instant at) const;
  // The same among the points of one timeline.
  const Point* after(Instant at, consistency::Timeline timeline) const;

  // Since when `lower` has been known to be at `lsn`; and to be beyond it. None if it is not.
  // If that is older than the trail: the oldest point's instant.
  std::optional<Instant> since_at(consistency::Lsn lsn) const;
  std::optional<Instant> since_beyond(consistency::Lsn lsn) const;

  // How fast `lower` has moved over the last k_rate_window, in bytes a second.
  double rate() const;
  static constexpr Duration k_rate_window = std::chrono::milliseconds(500);

 private:
  void thin();

  std::size_t thinned_;
  std::vector<Point> points_;
};

}  // namespace tidemark::topology
