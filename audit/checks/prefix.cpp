#include "audit/checks/prefix.h"

#include <algorithm>
#include <map>
#include <queue>
#include <tuple>
#include <unordered_map>

#include "audit/checks/tally.h"
#include "audit/checks/words.h"

namespace tidemark::audit {
namespace {

// The shortest cycles are looked for through so many snapshots of a contradiction, and all in all
// along so many edges.
constexpr std::size_t k_most_starts = 32;
constexpr std::size_t k_most_visits = 20'000'000;

class Check {
 public:
  explicit Check(const Orders& orders)
      : orders_(orders),
        model_(orders.model()),
        tally_(Guarantee::k_consistent_prefix, model_.history()) {}

  Verdict run() && {
    for (const Operation& operation : model_.history().operations) {
      if (is_snapshot(operation) && operation.seen.size() > 1) tally_.chance();
    }
    std::vector<const std::vector<Vertex>*> smallest;
    for (const auto& vertices : orders_.contradictions()) smallest.push_back(&vertices);
    std::ranges::stable_sort(smallest, {}, [](const auto* vertices) { return vertices->size(); });
    for (const auto* vertices : smallest) judge(*vertices);
    return std::move(tally_).verdict();
  }

 private:
  void judge(const std::vector<Vertex>& vertices) {
    const auto positions = order_of_writes(vertices);
    std::vector<Vertex> blamed;
    for (const Vertex vertex : vertices) {
      const Operation& operation = model_.operation(vertex);
      // Of one row every order of its versions is a prefix.
      if (!is_snapshot(operation) || operation.seen.size() < 2) continue;
      if (!is_prefix(vertex, positions)) blamed.push_back(vertex);
    }
    if (blamed.empty()) {  // writes alone contradict
      tally_.chance();
      blamed.push_back(vertices.back());
    }
    for (const Vertex vertex : blamed) tally_.note(vertex);
    for (const Vertex vertex : std::span(blamed).first(std::min(blamed.size(), k_most_starts))) {
      const auto cycle =
          shortest_cycle(orders_.graph(), vertex, orders_.contradiction_of(), visits_);
      if (!cycle.empty()) tell(cycle);
    }
  }

  bool is_write(Vertex vertex) const { return !is_snapshot(model_.operation(vertex)); }

  template <class Visit>
  void for_each_inside(Vertex vertex, const Visit& visit) const {
    const auto& of = orders_.contradiction_of();
    for (const Vertex target : orders_.graph().from(vertex)) {
      if (of[target] == of[vertex]) visit(target);
    }
  }

  // As they were acknowledged, but none before the one that it overwrote.
  std::unordered_map<Vertex, std::size_t> order_of_writes(const std::vector<Vertex>& vertices) {
    using Ready = std::pair<Duration, Vertex>;
    std::map<Vertex, std::size_t> waits_for;
    for (const Vertex vertex : vertices) {
      if (!is_write(vertex)) continue;
      waits_for.try_emplace(vertex, 0);
      for_each_inside(vertex, [&](Vertex next) {
        if (is_write(next)) ++waits_for[next];
      });
    }
    std::priority_queue<Ready, std::vector<Ready>, std::greater<>> ready;
    const auto make_ready = [&](Vertex vertex) {
      ready.emplace(model_.operation(vertex).ended, vertex);
    };
    for (const auto& [vertex, number] : waits_for) {
      if (number == 0) make_ready(vertex);
    }
    std::unordered_map<Vertex, std::size_t> positions;
    while (!waits_for.empty()) {
      if (ready.empty()) make_ready(waits_for.begin()->first);  // writes alone contradict
      const Vertex vertex = ready.top().second;
      ready.pop();
      if (waits_for.erase(vertex) == 0) continue;
      positions.emplace(vertex, positions.size());
      for_each_inside(vertex, [&](Vertex next) {
        const auto found = waits_for.find(next);
        if (found != waits_for.end() && --found->second == 0) make_ready(next);
      });
    }
    return positions;
  }

  // Whether all that it saw comes before all that it missed.
  bool is_prefix(Vertex snapshot, const std::unordered_map<Vertex, std::size_t>& positions) const {
    std::size_t saw = 0;  // one more than the position of the last
    for (const Seen& seen : model_.operation(snapshot).seen) {
      const Made* made = model_.made(seen);
      const auto found = positions.find(made == nullptr ? snapshot : made->operation);
      if (found != positions.end()) saw = std::max(saw, found->second + 1);
    }
    bool is_prefix = true;
    for_each_inside(snapshot, [&](Vertex missed) {
      if (positions.at(missed) < saw) is_prefix = false;
    });
    return is_prefix;
  }

  // What each vertex of the cycle saw or made, as far as it binds it to its neighbours.
  std::vector<std::string> versions_told(const std::vector<Vertex>& cycle) const {
    std::vector<std::map<RowId, Version>> versions(cycle.size());
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      const std::size_t next = (i + 1) % cycle.size();
      const Binding bound = binding(model_, cycle[i], cycle[next]);
      versions[i].emplace(bound.row, bound.from);
      versions[next].emplace(bound.row, bound.to);
    }
    std::vector<std::string> what;
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      std::string text = is_write(cycle[i]) ? "wrote " : "saw ";
      for (const auto& [row, version] : versions[i]) {
        if (!text.ends_with(' ')) text += ", and ";
        text += row_name(model_.history(), row, version);
      }
      what.push_back(std::move(text));
    }
    return what;
  }

  void tell(const std::vector<Vertex>& cycle) {
    // In the order of time, as a story is told; the example is shown by who began last.
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < cycle.size(); ++i) order.push_back(i);
    std::ranges::sort(order, {}, [&](std::size_t i) {
      return std::tuple(!is_write(cycle[i]), model_.operation(cycle[i]).started, cycle[i]);
    });
    std::vector<OperationId> operations;
    for (const std::size_t i : order) operations.push_back(cycle[i]);
    tally_.example(operations, [&] {
      const auto what = versions_told(cycle);
      Telling telling;
      for (const std::size_t i : order) telling.what.push_back(what[i]);
      telling.conclusion = "no single order of the writes explains what was seen";
      return telling;
    });
  }

  const Orders& orders_;
  const Model& model_;
  Tally tally_;
  std::size_t visits_ = k_most_visits;
};

}  // namespace

Verdict check_consistent_prefix(const Orders& orders) { return Check(orders).run(); }

}  // namespace tidemark::audit
