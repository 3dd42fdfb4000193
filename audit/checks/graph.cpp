#include "audit/checks/graph.h"

#include <algorithm>
#include <unordered_map>

namespace tidemark::audit {
namespace {

constexpr std::uint32_t k_unseen = ~std::uint32_t{0};

class Tarjan {
 public:
  explicit Tarjan(const Graph& graph)
      : graph_(graph), index_(graph.size(), k_unseen), low_(graph.size()), open_(graph.size()) {}

  std::vector<std::vector<Vertex>> run() && {
    for (Vertex root = 0; root < graph_.size(); ++root) {
      if (index_[root] != k_unseen) continue;
      enter(root);
      while (!calls_.empty()) step();
    }
    return std::move(components_);
  }

 private:
  struct Call {
    Vertex vertex = 0;
    std::size_t next = 0;  // of its targets
  };

  void enter(Vertex vertex) {
    index_[vertex] = low_[vertex] = count_++;
    open_[vertex] = true;
    stack_.push_back(vertex);
    calls_.push_back({vertex});
  }

  void step() {
    const Vertex vertex = calls_.back().vertex;
    const auto targets = graph_.from(vertex);
    while (calls_.back().next < targets.size()) {
      const Vertex target = targets[calls_.back().next++];
      if (index_[target] == k_unseen) return enter(target);
      if (open_[target]) low_[vertex] = std::min(low_[vertex], index_[target]);
    }
    calls_.pop_back();
    if (!calls_.empty()) {
      const Vertex caller = calls_.back().vertex;
      low_[caller] = std::min(low_[caller], low_[vertex]);
    }
    if (low_[vertex] == index_[vertex]) close(vertex);
  }

  void close(Vertex root) {
    std::size_t begin = stack_.size();
    do {
      open_[stack_[--begin]] = false;
    } while (stack_[begin] != root);
    const auto from = stack_.begin() + static_cast<std::ptrdiff_t>(begin);
    if (stack_.end() - from > 1) {
      std::ranges::sort(from, stack_.end());
      components_.emplace_back(from, stack_.end());
    }
    stack_.erase(from, stack_.end());
  }

  const Graph& graph_;
  std::vector<std::uint32_t> index_;
  std::vector<std::uint32_t> low_;
  std::vector<bool> open_;
  std::vector<Vertex> stack_;
  std::vector<Call> calls_;
  std::uint32_t count_ = 0;
  std::vector<std::vector<Vertex>> components_;
};

}  // namespace

Graph::Graph(std::size_t size, std::span<const std::pair<Vertex, Vertex>> edges)
    : first_(size + 1) {
  const auto is_loop = [](const auto& edge) { return edge.first == edge.second; };
  for (const auto& edge : edges) {
    if (!is_loop(edge)) ++first_[edge.first + 1];
  }
  for (std::size_t vertex = 0; vertex < size; ++vertex) first_[vertex + 1] += first_[vertex];
  targets_.resize(first_[size]);
  std::vector<std::size_t> next(first_.begin(), first_.end() - 1);
  for (const auto& edge : edges) {
    if (!is_loop(edge)) targets_[next[edge.first]++] = edge.second;
  }
}

std::vector<std::vector<Vertex>> cyclic_components(const Graph& graph) {
  return Tarjan(graph).run();
}

std::vector<Vertex> shortest_cycle(const Graph& graph, Vertex start,
                                   std::span<const std::uint32_t> component, std::size_t& visits) {
  std::unordered_map<Vertex, Vertex> before;
  std::vector<Vertex> queue = {start};
  for (std::size_t at = 0; at < queue.size(); ++at) {
    const Vertex vertex = queue[at];
    for (const Vertex target : graph.from(vertex)) {
      if (component[target] != component[start]) continue;
      if (visits == 0) return {};
      --visits;
      if (target == start) {
        std::vector<Vertex> cycle = {vertex};
        while (cycle.back() != start) cycle.push_back(before.at(cycle.back()));
        std::ranges::reverse(cycle);
        return cycle;
      }
      if (before.try_emplace(target, vertex).second) queue.push_back(target);
    }
  }
  return {};
}

}  // namespace tidemark::audit
