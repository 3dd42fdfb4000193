// Names for nodes and their runs.
#pragma once

#include <cstdint>

namespace tidemark::consistency {

// A node's place in the configured list, from 0.
using NodeIndex = std::uint32_t;

constexpr NodeIndex k_no_node = ~NodeIndex{0};

// How many nodes one origin may list: a set of them is one machine word.
constexpr std::uint32_t k_max_nodes = 64;

// Bit i stands for node i.
using NodeSet = std::uint64_t;

constexpr NodeSet node_bit(NodeIndex node) { return NodeSet{1} << node; }

// One run of a node's server, numbered from 1 by topology::Cluster, apart for each node. 0 means
// "not known yet". What was learned of one incarnation says nothing of the next, except through the
// log.
//
// A server connection learns its incarnation so: if it was established at or before the instant b,
// it belongs to the incarnation of the first sample of that node *sent* at or after b (see
// topology::ClusterView::incarnation_of_connection). That is rigorous: the connection and the
// sample meet in time, and a crash or restart in between would have killed the connection, so that
// nothing asked of it later could be answered.
using Incarnation = std::uint64_t;

enum class Role : std::uint8_t { k_unknown, k_primary, k_standby };

}  // namespace tidemark::consistency
