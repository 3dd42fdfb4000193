// Orders: which transaction must come before which snapshot, and the other way round, if there is
// to be one order of all that wrote such that each snapshot is a prefix of it.
//
// A transaction comes before who saw it and before who overwrote it; a snapshot comes before who
// overwrote what it saw. Such an order exists if and only if that graph has no cycle. It says
// nothing of real time, and does not look at the order of the log: a server may show commits in
// another one.
//
// Where two writers claim one version of a row, one of them was lost, and what came before what
// follows is not known: such versions order nothing but who saw them.
//
// Pure. Thread rule: none; it does not change. It refers to the model.
#pragma once

#include <vector>

#include "audit/checks/graph.h"
#include "audit/checks/model.h"

namespace tidemark::audit {

class Orders {
 public:
  explicit Orders(const Model& model);

  const Model& model() const { return *model_; }
  const Graph& graph() const { return graph_; }  // its vertices are operations

  // Of two operations or more that no order satisfies.
  const std::vector<std::vector<Vertex>>& contradictions() const { return contradictions_; }

  // Which of them an operation is in, counted from 1; 0: none.
  const std::vector<std::uint32_t>& contradiction_of() const { return contradiction_of_; }

 private:
  const Model* model_;
  Graph graph_;
  std::vector<std::vector<Vertex>> contradictions_;
  std::vector<std::uint32_t> contradiction_of_;
};

// Which versions bind `from` to come before `to`, for the telling: of one row, the one of `from`
// and the one of `to` (seen or made). REQUIRES: there is such an edge.
struct Binding {
  RowId row = 0;
  Version from = 0;
  Version to = 0;
};
Binding binding(const Model& model, OperationId from, OperationId to);

}  // namespace tidemark::audit
