// A directed graph over numbers, its cycles and the shortest of them.
//
// Pure. Thread rule: none; a built graph does not change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace tidemark::audit {

using Vertex = std::uint32_t;

class Graph {
 public:
  // REQUIRES: all ends are < size. Edges from a vertex to itself are left out.
  Graph(std::size_t size, std::span<const std::pair<Vertex, Vertex>> edges);

  std::size_t size() const { return first_.size() - 1; }

  std::span<const Vertex> from(Vertex vertex) const {
    return std::span(targets_).subspan(first_[vertex], first_[vertex + 1] - first_[vertex]);
  }

 private:
  std::vector<std::size_t> first_;  // of each vertex's targets; one more
  std::vector<Vertex> targets_;
};

// The strongly connected components of two vertices or more, each ascending: every cycle lies in
// one of them (Tarjan 1972, without recursion).
std::vector<std::vector<Vertex>> cyclic_components(const Graph& graph);

// The shortest cycle through `start`, which is its first element; each vertex leads to the next and
// the last to the first. Only through vertices for which `component` holds the number of `start`.
// `visits` is how many edges may still be followed, and is counted down; empty if they run out.
std::vector<Vertex> shortest_cycle(const Graph& graph, Vertex start,
                                   std::span<const std::uint32_t> component, std::size_t& visits);

}  // namespace tidemark::audit
