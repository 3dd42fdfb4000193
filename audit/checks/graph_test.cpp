#include "audit/checks/graph.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"

namespace tidemark::audit {
namespace {

using Edges = std::vector<std::pair<Vertex, Vertex>>;

// distance[i][j]: edges from i to j, at least one; 0: no way.
std::vector<std::vector<std::size_t>> distances(std::size_t size, const Edges& edges) {
  constexpr std::size_t k_far = 1000;
  std::vector distance(size, std::vector<std::size_t>(size, k_far));
  for (const auto& [from, to] : edges) {
    if (from != to) distance[from][to] = 1;
  }
  for (std::size_t k = 0; k < size; ++k) {
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j) {
        distance[i][j] = std::min(distance[i][j], distance[i][k] + distance[k][j]);
      }
    }
  }
  for (auto& row : distance) std::ranges::replace(row, k_far, std::size_t{0});
  for (auto& row : distance) {
    std::ranges::replace_if(row, [](std::size_t far) { return far > k_far; }, std::size_t{0});
  }
  return distance;
}

TEST(Graph, ComponentsAndShortestCyclesAreThoseOfAllPairsOfDistances) {
  Random random(3);
  std::size_t cycles = 0;
  for (int round = 0; round < 500; ++round) {
    const std::size_t size = 1 + random.below(12);
    Edges edges;
    for (std::size_t i = random.below(size * 2 + 1); i > 0; --i) {
      edges.emplace_back(random.below(size), random.below(size));
    }
    const auto distance = distances(size, edges);
    const Graph graph(size, edges);
    std::vector<std::uint32_t> component(size);
    std::uint32_t number = 0;
    for (const auto& vertices : cyclic_components(graph)) {
      ++number;
      ASSERT_TRUE(std::ranges::is_sorted(vertices));
      for (const Vertex vertex : vertices) component[vertex] = number;
    }
    for (Vertex i = 0; i < size; ++i) {
      ASSERT_EQ(component[i] != 0, distance[i][i] != 0);
      for (Vertex j = 0; j < size; ++j) {
        const bool together = distance[i][j] != 0 && distance[j][i] != 0;
        ASSERT_EQ(component[i] != 0 && component[i] == component[j], together);
      }
      if (component[i] == 0) continue;
      ++cycles;
      std::size_t visits = 1000;
      const auto cycle = shortest_cycle(graph, i, component, visits);
      ASSERT_EQ(cycle.size(), distance[i][i]);
      ASSERT_EQ(cycle.front(), i);
      for (std::size_t at = 0; at < cycle.size(); ++at) {
        const auto targets = graph.from(cycle[at]);
        ASSERT_TRUE(std::ranges::count(targets, cycle[(at + 1) % cycle.size()]) > 0);
      }
    }
  }
  EXPECT_GT(cycles, 100);
}

TEST(Graph, ASearchEndsWhenItsVisitsAreUsedUp) {
  const Edges edges = {{0, 1}, {1, 2}, {2, 0}};
  const Graph graph(3, edges);
  const std::vector<std::uint32_t> component(3, 1);
  std::size_t visits = 2;
  EXPECT_TRUE(shortest_cycle(graph, 0, component, visits).empty());
  visits = 3;
  EXPECT_EQ(shortest_cycle(graph, 0, component, visits), (std::vector<Vertex>{0, 1, 2}));
}

TEST(Graph, ALongChainNeedsNoDeepStack) {
  Edges edges;
  constexpr Vertex k_size = 300'000;
  for (Vertex i = 0; i < k_size; ++i) edges.emplace_back(i, (i + 1) % k_size);
  EXPECT_EQ(cyclic_components(Graph(k_size, edges)).size(), 1);
}

}  // namespace
}  // namespace tidemark::audit
