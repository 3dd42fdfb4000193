#include "routing/balance.h"

#include <bit>
#include <limits>

namespace tidemark::routing {

using consistency::k_no_node;
using consistency::node_bit;
using consistency::NodeIndex;
using consistency::NodeSet;

namespace {

std::uint32_t load_of(NodeIndex node, std::span<const NodeLoad> loads) {
  return node < loads.size() ? loads[node].active : 0;
}

// How busy a node may be that somebody stays with. Of few statements each counts.
std::uint32_t little_more_than(std::uint32_t least) { return least + least / 4; }

}  // namespace

NodeSet least_loaded_of(NodeSet nodes, const Request& request, std::span<const NodeLoad> loads) {
  NodeSet best = 0;
  auto least = std::numeric_limits<std::uint32_t>::max();
  for (NodeSet left = nodes; left != 0; left &= left - 1) {
    const auto node = static_cast<NodeIndex>(std::countr_zero(left));
    const auto load = load_of(node, loads);
    if (load > least) continue;
    best = load < least ? node_bit(node) : best | node_bit(node);
    least = load;
  }
  const NodeIndex last = request.last_used;
  const bool may_stay = last < consistency::k_max_nodes && (nodes & node_bit(last)) != 0;
  if (may_stay && load_of(last, loads) <= little_more_than(least)) best |= node_bit(last);
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
