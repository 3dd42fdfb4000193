#include "audit/checks/orders.h"

#include <algorithm>
#include <optional>

#include "base/check.h"

namespace tidemark::audit {
namespace {

// All writers of the first version known after this one.
std::span<const Made> overwriters(const Model& model, RowId row, Version version) {
  const Made* first = model.next(row, version);
  if (first == nullptr) return {};
  const auto chain = model.chain(row);
  const Made* last = first + 1;
  while (last != chain.data() + chain.size() && last->version == first->version) ++last;
  return {first, last};
}

// Whether nobody else claims this version.
bool is_alone(const Model& model, const Made& made) {
  return overwriters(model, made.row, made.version - 1).size() == 1;
}

std::span<const Made> overwriters(const Model& model, const Made& made) {
  if (!is_alone(model, made)) return {};
  return overwriters(model, made.row, made.version);
}

std::span<const Made> overwriters(const Model& model, const Seen& seen) {
  const Made* made = model.made(seen);
  if (made == nullptr) return overwriters(model, seen.row, 0);
  return overwriters(model, *made);
}

Graph graph_of(const Model& model) {
  std::vector<std::pair<Vertex, Vertex>> edges;
  for (RowId row = 0; row < model.history().rows.size(); ++row) {
    for (const Made& made : model.chain(row)) {
      for (const Made& next : overwriters(model, made)) {
        edges.emplace_back(made.operation, next.operation);
      }
    }
  }
  for (OperationId id = 0; id < model.history().operations.size(); ++id) {
    const Operation& operation = model.operation(id);
    if (!is_snapshot(operation)) continue;
    for (const Seen& seen : operation.seen) {
      if (const Made* made = model.made(seen)) edges.emplace_back(made->operation, id);
      for (const Made& next : overwriters(model, seen)) edges.emplace_back(id, next.operation);
    }
  }
  return {model.history().operations.size(), edges};
}

std::optional<Binding> binding_of_writers(const Model& model, const Operation& from,
                                          OperationId to) {
  for (const Put& put : from.puts) {
    const Version version = model.version_of(put);
    if (version == k_unknown_version) continue;
    const Made* made = model.made(put.row, version, put.writer);
    for (const Made& next : overwriters(model, *made)) {
      if (next.operation == to) return Binding{put.row, version, next.version};
    }
  }
  return std::nullopt;
}

}  // namespace

Orders::Orders(const Model& model)
    : model_(&model),
      graph_(graph_of(model)),
      contradictions_(cyclic_components(graph_)),
      contradiction_of_(graph_.size()) {
  for (std::uint32_t i = 0; i < contradictions_.size(); ++i) {
    for (const Vertex vertex : contradictions_[i]) contradiction_of_[vertex] = i + 1;
  }
}

Binding binding(const Model& model, OperationId from, OperationId to) {
  if (is_snapshot(model.operation(from))) {
    for (const Seen& seen : model.operation(from).seen) {
      for (const Made& next : overwriters(model, seen)) {
        if (next.operation == to) return {seen.row, seen.version, next.version};
      }
    }
  }
  if (is_snapshot(model.operation(to))) {
    for (const Seen& seen : model.operation(to).seen) {
      const Made* made = model.made(seen);
      if (made != nullptr && made->operation == from) {
        return {seen.row, seen.version, seen.version};
      }
    }
  }
  const auto found = binding_of_writers(model, model.operation(from), to);
  CHECK(found.has_value());
  return *found;
}

}  // namespace tidemark::audit
