#include "topology/unshown.h"

#include <utility>

#include "topology/barrier.h"

namespace tidemark::topology {

void Unshown::add(Seen seen) {
  const auto count = seen_.size();
  if (count >= 2 && seen_[count - 1].sent_at - seen_[count - 2].sent_at < k_spacing) {
    seen_.back() = std::move(seen);
    return;
  }
  seen_.push_back(std::move(seen));
  if (seen_.size() <= k_max) return;
  for (std::size_t kept = 1; kept < (seen_.size() + 1) / 2; ++kept) {
    std::swap(seen_[kept], seen_[2 * kept]);
  }
  seen_.resize((seen_.size() + 1) / 2);
}

std::optional<Unshown::Seen> Unshown::take_shown(const consistency::Snapshot& primary) {
  for (auto seen = seen_.rbegin(); seen != seen_.rend(); ++seen) {
    if (!shows_all(primary, seen->snapshot)) continue;
    std::optional<Seen> found(std::move(*seen));
    seen_.erase(seen_.begin(), seen.base());
    return found;
  }
  return std::nullopt;
}

}  // namespace tidemark::topology
