#include "routing/balance.h"

#include <bit>
#include <limits>

namespace tidemark::routing {

using consistency::k_no_node;
using consistency::node_bit;
using consistency::NodeIndex;
using consistency::NodeSet;

NodeSet least_loaded_of(NodeSet nodes, std::span<const NodeLoad> loads) {
  NodeSet best = 0;
  auto least = std::numeric_limits<std::uint32_t>::max();
  for (NodeSet left = nodes; left != 0; left &= left - 1) {
    const auto node = static_cast<NodeIndex>(std::countr_zero(left));
    const auto load = node < loads.size() ? loads[node].active : 0;
    if (load > least) continue;
    best = load < least ? node_bit(node) : best | node_bit(node);
    least = load;
  }
  return best;
}

NodeIndex preferred_of(NodeSet equals, const Request& request) {
  if (equals == 0) return k_no_node;
  if (request.last_used < consistency::k_max_nodes && (equals & node_bit(request.last_used)) != 0) {
    return request.last_used;
  }
  for (auto turn = request.rotation % static_cast<unsigned>(std::popcount(equals)); turn > 0;
       --turn) {
    equals &= equals - 1;
  }
  return static_cast<NodeIndex>(std::countr_zero(equals));
}

NodeIndex next_of(NodeSet nodes, NodeIndex node) {
  if (nodes == 0) return k_no_node;
  const NodeSet behind = nodes & (~NodeSet{1} << node);
  return static_cast<NodeIndex>(std::countr_zero(behind != 0 ? behind : nodes));
}

}  // namespace tidemark::routing
