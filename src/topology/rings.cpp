#include "topology/rings.h"

#include <algorithm>
#include <bit>

namespace tidemark::topology {

using consistency::NodeIndex;
using consistency::NodeSet;

namespace {

template <typename Visit>
void for_each(NodeSet nodes, Visit visit) {
  for (NodeSet left = nodes; left != 0; left &= left - 1) {
    visit(static_cast<NodeIndex>(std::countr_zero(left)));
  }
}

}  // namespace

Rings::Rings(NodeSet nodes, std::span<const Duration> distances) {
  while (nodes != 0) {
    auto nearest = Duration::max();
    for_each(nodes, [&](NodeIndex node) { nearest = std::min(nearest, distances[node]); });
    NodeSet ring = nodes;
    if (count_ + 1 < k_max) {
      for_each(nodes, [&](NodeIndex node) {
        if (!is_as_near(distances[node], nearest)) ring &= ~consistency::node_bit(node);
      });
    }
    sets_[count_++] = ring;
    nodes &= ~ring;
  }
}

}  // namespace tidemark::topology
