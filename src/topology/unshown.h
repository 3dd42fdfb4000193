// The snapshots of a standby that the barrier has not let pass yet.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "consistency/sample.h"

namespace tidemark::topology {

// Bounded: when it is full every second one is left out, so that the oldest, which is the likeliest
// to pass next, and the newest, which tells most, are always among those kept.
class Unshown {
 public:
  struct Seen {
    Instant sent_at{};
    consistency::Lsn applied{};
    consistency::Snapshot snapshot;
  };

  static constexpr std::size_t k_max = 16;
  // Snapshots closer together than this count as one, the newer.
  static constexpr Duration k_spacing = std::chrono::milliseconds(4);

  void add(Seen seen);
  void clear() { seen_.clear(); }

  // Takes out the newest snapshot all of which the primary's shows, and with it all older ones.
  std::optional<Seen> take_shown(const consistency::Snapshot& primary);

 private:
  std::vector<Seen> seen_;  // oldest first
};

}  // namespace tidemark::topology
