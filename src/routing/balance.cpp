#include "routing/balance.h"

#include <bit>
#include <limits>

namespace tidemark::routing {

using consistency::k_no_node;
using consistency::node_bit;
using consistency::NodeIndex;
using consistency::NodeSet;

NodeIndex least_loaded(NodeSet nodes, const Request& request, std::span<const NodeLoad> loads) {
  NodeSet best = 0;
  auto least = std::numeric_limits<std::uint32_t>::max();
  for (NodeSet left = nodes; left != 0; left &= left - 1) {
    const auto node = static_cast<NodeIndex>(std::countr_zero(left));
    const auto load = node < loads.size() ? loads[node].active : 0;
    if (load > least) continue;
    best = load < least ? node_bit(node) : best | node_bit(node);
    least = load;
  }
  if (best == 0) return k_no_node;
  if (request.last_used < consistency::k_max_nodes && (best & node_bit(request.last_used)) != 0) {
    return request.last_used;
  }
  for (auto turn = request.rotation % static_cast<unsigned>(std::popcount(best)); turn > 0;
       --turn) {
    best &= best - 1;
  }
  return static_cast<NodeIndex>(std::countr_zero(best));
}

}  // namespace tidemark::routing
