// Trail: where a log position was when, from the samples of one incarnation of a node.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/instant.h"
#include "consistency/history.h"

namespace tidemark::topology {

// The newest samples are kept one by one, older ones thinned out to a reach of about ten seconds.
// Immutable once it is part of a view; Cluster makes a new one for each sample.
class Trail {
 public:
  struct Point {
    Instant sent_at{};
    consistency::Position upper;  // no snapshot before sent_at saw beyond it: reached, or insert
    consistency::Lsn lower;       // every snapshot after the sample has it: applied, or flush
  };

  static constexpr std::size_t k_recent = 64;                            // kept one by one
  static constexpr std::size_t k_thinned = 64;                           // kept beyond these
  static constexpr Duration k_spacing = std::chrono::milliseconds(150);  // of those, at least

  // REQUIRES: point.sent_at is not before the last one's.
  void add(const Point& point);

  bool empty() const { return points_.empty(); }
  const Point& first() const { return points_.front(); }
  const Point& last() const { return points_.back(); }
  const std::vector<Point>& points() const { return points_; }

  // The first point sent after the instant; none if there is none yet. For an instant older than
  // the trail this is its oldest point: still an upper bound.
  const Point* after(Instant at) const;

  // When the upper position was at `lsn` or beyond for the first time that is remembered; none if
  // it never was.
  std::optional<Instant> reached(consistency::Lsn lsn) const;

 private:
  void thin();

  std::vector<Point> points_;
};

}  // namespace tidemark::topology
