// Nodes by how far away they are.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/instant.h"
#include "consistency/node.h"

namespace tidemark::topology {

// A node is as near as another whose distance is `nearest` if it takes no more than twice as long
// and this much. Nodes of one place differ by less even on a busy machine, where what answers in
// 0.2 ms now and then takes some milliseconds; nodes of another region are farther.
constexpr Duration k_near_slack = std::chrono::milliseconds(5);

// What it is worth to spare the primary: a standby serves before a primary that is nearer by less.
// Load must not drive reads from the standbys to the primary, only distance may.
constexpr Duration k_worth_of_sparing = std::chrono::milliseconds(20);

constexpr bool is_as_near(Duration distance, Duration nearest) {
  return distance <= 2 * nearest + k_near_slack;
}

constexpr bool is_beyond_primary(Duration distance, Duration primary) {
  return distance > 2 * primary + k_worth_of_sparing;
}

// The nearest nodes, those as near as these, make the first ring; the nearest of the rest the next
// one, and so on. Beyond the last all are as far.
class Rings {
 public:
  // Each is at least twice as far away as the one before: beyond the eighth nothing is left that
  // answers within half a second.
  static constexpr std::size_t k_max = 8;

  Rings() = default;
  // REQUIRES: a distance for each of the nodes.
  Rings(consistency::NodeSet nodes, std::span<const Duration> distances);

  std::span<const consistency::NodeSet> sets() const { return {sets_.data(), count_}; }

 private:
  std::array<consistency::NodeSet, k_max> sets_{};
  std::size_t count_ = 0;
};

}  // namespace tidemark::topology
