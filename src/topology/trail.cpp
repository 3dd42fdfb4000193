#include "topology/trail.h"

#include <algorithm>

namespace tidemark::topology {

using consistency::Lsn;

Trail::Trail(const Trail& other) : thinned_(other.thinned_) {
  points_.reserve(other.points_.size() + 1);
  points_ = other.points_;
}

void Trail::add(const Point& point) {
  if (!points_.empty() && point.sent_at < points_.back().sent_at) return;
  points_.push_back(point);
  thin();
}

// Of the old points the newest that is closer to the one before than its age allows goes. Each call
// takes at most one, as each adds one.
void Trail::thin() {
  if (points_.size() <= k_recent) return;
  const Instant now = points_.back().sent_at;
  for (std::size_t index = points_.size() - k_recent - 1; index > 0; --index) {
    const Duration spacing = std::max(k_spacing, (now - points_[index].sent_at) / k_coarseness);
    if (points_[index].sent_at - points_[index - 1].sent_at >= spacing) continue;
    points_.erase(points_.begin() + static_cast<std::ptrdiff_t>(index));
    return;
  }
  if (points_.size() > k_recent + thinned_) points_.erase(points_.begin());
}

const Trail::Point* Trail::after(Instant at) const {
  if (points_.empty() || points_.back().sent_at < at) return nullptr;
  return &*std::ranges::lower_bound(points_, at, {}, &Point::sent_at);
}

const Trail::Point* Trail::after(Instant at, consistency::Timeline timeline) const {
  const auto first = std::ranges::lower_bound(points_, at, {}, &Point::sent_at);
  const auto found = std::ranges::find_if(first, points_.end(), [timeline](const Point& point) {
    return point.upper.timeline == timeline;
  });
  return found == points_.end() ? nullptr : &*found;
}

std::optional<Instant> Trail::since_at(Lsn lsn) const {
  std::optional<Instant> since;
  for (auto point = points_.rbegin(); point != points_.rend() && point->lower >= lsn; ++point) {
    since = point->sent_at;
  }
  return since;
}

std::optional<Instant> Trail::since_beyond(Lsn lsn) const { return since_at({lsn.value + 1}); }

double Trail::rate() const {
  if (points_.empty()) return 0;
  const Point& end = points_.back();
  const Point& begin = *after(end.sent_at - k_rate_window);
  const std::chrono::duration<double> time = end.sent_at - begin.sent_at;
  if (time.count() <= 0 || end.lower < begin.lower) return 0;
  return static_cast<double>(end.lower.value - begin.lower.value) / time.count();
}

}  // namespace tidemark::topology
