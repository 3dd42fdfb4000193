#include "topology/trail.h"

#include <algorithm>

namespace tidemark::topology {

using consistency::Lsn;

void Trail::add(const Point& point) {
  if (!points_.empty() && point.sent_at < points_.back().sent_at) return;
  points_.push_back(point);
  thin();
}

// Looks at the one point that has just ceased to be recent.
void Trail::thin() {
  if (points_.size() <= k_recent) return;
  const auto oldest_recent = points_.end() - static_cast<std::ptrdiff_t>(k_recent);
  const auto leaving = oldest_recent - 1;
  const bool crowded =
      leaving != points_.begin() && leaving->sent_at - (leaving - 1)->sent_at < k_spacing;
  if (crowded) {
    points_.erase(leaving);
  } else if (points_.size() > k_recent + k_thinned) {
    points_.erase(points_.begin());
  }
}

const Trail::Point* Trail::after(Instant at) const {
  if (points_.empty() || points_.back().sent_at < at) return nullptr;
  return &*std::ranges::lower_bound(points_, at, {}, &Point::sent_at);
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
