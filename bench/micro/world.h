// A cluster to decide about: node 0 is the primary, the others are standbys, all of them sampled
// for long enough to have trails of full length.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "topology/cluster.h"
#include "topology/samples.h"

namespace tidemark::bench {

constexpr int k_samples = 300;
constexpr int k_interval_ms = 10;
constexpr int k_now_ms = k_samples * k_interval_ms;

inline std::uint64_t lsn_at(int ms) { return 1'000'000 + static_cast<std::uint64_t>(ms) * 100; }

// Standbys are at the primary's position, or, for a view in which nobody covers, where it was when
// the first sample was taken.
inline std::shared_ptr<const topology::ClusterView> view_of(std::size_t nodes,
                                                            bool standbys_follow = true) {
  std::vector<std::string> addresses;
  for (std::size_t node = 0; node < nodes; ++node) addresses.push_back(std::to_string(node));
  topology::Cluster cluster(std::move(addresses));
  for (int ms = 0; ms < k_now_ms; ms += k_interval_ms) {
    cluster.on_sample(topology::testing::primary(0, ms, lsn_at(ms)));
    for (consistency::NodeIndex node = 1; node < nodes; ++node) {
      const std::uint64_t lsn = lsn_at(standbys_follow ? ms : 0);
      cluster.on_sample(topology::testing::standby(node, ms, lsn));
    }
  }
  return cluster.view(topology::testing::at(k_now_ms));
}

}  // namespace tidemark::bench
