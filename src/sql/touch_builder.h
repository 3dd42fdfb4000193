// Makes the TouchGraph of a Catalogue, from the same answers.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "sql/catalogue.h"
#include "sql/node_tree.h"
#include "sql/touch_graph.h"

namespace tidemark::sql {

// REQUIRES of each row: it has the shape that its query in sql/catalogue_queries.h tells of.
class TouchBuilder {
 public:
  explicit TouchBuilder(TouchGraph& graph) : graph_(graph) {}

  // In this order: what is added refers to what was added before.
  void add_function(const Catalogue::Row& row);
  void add_operator(const Catalogue::Row& row);
  void add_type(const Catalogue::Row& row);
  void add_relation(const Catalogue::Row& row);
  // A view's or a policy's; nothing if it is not understood.
  void add_definition(Oid relation, const std::optional<TreeUses>& definition);
  void add_link(const Catalogue::Row& row);
  void add_schema(const Catalogue::Row& row);

  // When all of these are there, and the catalogue as complete as it gets.
  void inherit();
  void read_bodies(const Catalogue& catalogue);

 private:
  using Detail = TouchGraph::Detail;

  struct Body {
    Oid function = 0;
    std::string text;
    SearchPath path;
  };

  Detail& detail_of(Oid relation);
  Uses uses_of(const std::optional<TreeUses>& tree) const;
  void call(Oid function, Uses& uses) const;
  void add_key(Oid subject, Oid object, Actions on, char action);
  static void add_cascade(const TouchGraph::Cascade& cascade, Detail& detail);

  TouchGraph& graph_;
  std::unordered_set<Oid> known_functions_;  // the user-defined ones
  std::unordered_map<Oid, std::vector<Oid>> behind_operators_;
  std::unordered_map<Oid, std::vector<Oid>> behind_types_;
  std::vector<Body> bodies_;
  std::vector<std::pair<Oid, std::string>> trees_;  // functions whose bodies are kept as trees
};

}  // namespace tidemark::sql
