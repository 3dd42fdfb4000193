#include "sql/touch_graph.h"

#include <algorithm>

namespace tidemark::sql {
namespace {

// A statement that touches more relations, or runs more functions, may touch anything: a list that
// long tells no more than that.
constexpr std::size_t k_most_touched = 256;

bool add_once(std::vector<Oid>& list, Oid oid) {
  if (std::ranges::find(list, oid) != list.end()) return false;
  list.push_back(oid);
  return true;
}

}  // namespace

// One statement's way through the graph. Everything is visited once, and only so much in all, which
// also bounds the recursion.
class TouchTrace {
 public:
  explicit TouchTrace(const TouchGraph& graph) : graph_(graph) {}

  void follow(const Uses& uses, bool may_write) {
    for (const Oid relation : uses.reads) read(relation, may_write);
    for (const Oid function : uses.calls) call(function, may_write);
    reads_unknown_ = reads_unknown_ || uses.reads_unknown;
    if (!may_write) return;
    for (const WriteUse& use : uses.writes) write(use.relation, use.actions);
    writes_unknown_ = writes_unknown_ || uses.writes_unknown;
  }

  void tell(Statement& statement) {
    if (overflow_) {
      reads_unknown_ = writes_unknown_ = true;
      reads_.clear();
      writes_.clear();
    }
    statement.touched_reads = named(reads_);
    statement.touched_writes = named(writes_);
    statement.reads_unknown = reads_unknown_;
    statement.reads_system = reads_system_;
    statement.writes_unknown = writes_unknown_;
  }

 private:
  using Relation = TouchGraph::Relation;

  void read(Oid oid, bool may_write) {
    reads_system_ = reads_system_ || oid < k_first_user_oid;
    if (oid < k_first_user_oid || overflow_) return;
    if (!add_once(may_write ? read_ : read_without_writing_, oid)) return;
    const Relation* relation = list(oid, reads_);
    if (relation == nullptr) {
      reads_unknown_ = true;
      writes_unknown_ = writes_unknown_ || may_write;
    } else if (relation->detail != nullptr) {
      reads_unknown_ = reads_unknown_ || relation->detail->is_foreign;
      follow(relation->detail->when_read, may_write);
    }
  }

  void write(Oid oid, Actions actions) {
    if (oid < k_first_user_oid) writes_unknown_ = writes_unknown_ || actions != k_locks;
    if (oid < k_first_user_oid || overflow_) return;
    const auto before = std::ranges::find(written_, oid, &WriteUse::relation);
    if (before == written_.end()) {
      written_.push_back({oid, actions});
    } else {
      if ((actions & ~before->actions) == 0) return;
      before->actions |= actions;
    }
    const Relation* relation = list(oid, writes_);
    if (relation == nullptr) {
      writes_unknown_ = true;
      reads_unknown_ = reads_unknown_ || actions != k_locks;
      return;
    }
    std::vector<Oid> ancestors;
    for (const Oid parent : relation->parents) list(parent, ancestors);
    for (const Oid ancestor : ancestors) cascade(ancestor, actions);
    if (relation->detail != nullptr) write(*relation->detail, actions);
  }

  void write(const TouchGraph::Detail& detail, Actions actions) {
    // A row that leaves its partition is deleted there and inserted elsewhere.
    if (detail.has_children && (actions & k_updates) != 0) actions |= k_inserts | k_deletes;
    writes_unknown_ = writes_unknown_ || detail.is_foreign;
    if ((detail.fires & actions) != 0) reads_unknown_ = writes_unknown_ = true;
    if (actions != k_locks) follow(detail.when_read, true);
    if ((actions & (k_inserts | k_updates)) != 0) follow(detail.when_stored, true);
    if (detail.is_view) {
      for (const Oid behind : detail.when_read.reads) write(behind, actions);
    }
    cascade(detail, actions);
  }

  // A key that refers to a partitioned table refers to its partitions.
  void cascade(Oid ancestor, Actions actions) {
    const auto& detail = graph_.relations_.at(ancestor).detail;
    if (detail != nullptr) cascade(*detail, actions);
  }

  void cascade(const TouchGraph::Detail& detail, Actions actions) {
    for (const TouchGraph::Cascade& cascade : detail.cascades) {
      if ((cascade.on & actions) != 0) write(cascade.to, cascade.does);
    }
  }

  // A function that is not volatile writes nothing: as it is labelled, so it is believed.
  void call(Oid oid, bool may_write) {
    const auto found = graph_.functions_.find(oid);
    if (found == graph_.functions_.end() || overflow_) return;
    may_write = may_write && found->second.may_write;
    std::vector<Oid>& called = may_write ? called_ : called_without_writing_;
    if (!add_once(called, oid)) return;
    overflow_ = overflow_ || called.size() > k_most_touched;
    follow(found->second.uses, may_write);
  }

  // With its ancestors. Null if the catalogue does not have it.
  const Relation* list(Oid oid, std::vector<Oid>& to) {
    const auto found = graph_.relations_.find(oid);
    if (found == graph_.relations_.end()) return nullptr;
    if (add_once(to, oid)) {
      overflow_ = overflow_ || to.size() > k_most_touched;
      for (const Oid parent : found->second.parents) list(parent, to);
    }
    return &found->second;
  }

  std::vector<Touched> named(std::vector<Oid>& oids) const {
    std::ranges::sort(oids);
    std::vector<Touched> touched;
    touched.reserve(oids.size());
    for (const Oid oid : oids) {
      const Relation& relation = graph_.relations_.at(oid);
      const bool is_view = relation.detail != nullptr && relation.detail->is_view;
      touched.push_back({.oid = oid,
                         .schema = relation.schema,
                         .name = relation.name,
                         .spoken_for = is_view || !relation.parents.empty()});
    }
    return touched;
  }

  const TouchGraph& graph_;
  std::vector<Oid> reads_;   // to be told
  std::vector<Oid> writes_;  // likewise
  bool reads_system_ = false;
  bool reads_unknown_ = false;
  bool writes_unknown_ = false;
  bool overflow_ = false;
  // Followed already.
  std::vector<Oid> read_;
  std::vector<Oid> read_without_writing_;
  std::vector<WriteUse> written_;
  std::vector<Oid> called_;
  std::vector<Oid> called_without_writing_;
};

void TouchGraph::follow(const Uses& uses, Statement& statement) const {
  TouchTrace trace(*this);
  trace.follow(uses, true);
  trace.tell(statement);
}

const TouchGraph::Oids& TouchGraph::of(const ByName<Oids>& map, std::string_view name) {
  static const Oids none;
  const auto found = map.find(name);
  return found == map.end() ? none : found->second;
}

std::vector<Oid> TouchGraph::relations(std::string_view schema, std::string_view name,
                                       const SearchPath& path) const {
  const Oids& candidates = of(relation_names_, name);
  if (schema.empty() && !path.known()) return candidates;
  std::vector<Oid> found;
  const auto add_of = [&](std::string_view one) {
    for (const Oid oid : candidates) {
      if (relations_.at(oid).schema == one) found.push_back(oid);
    }
  };
  if (!schema.empty()) {
    add_of(schema);
    return found;
  }
  for (const std::string& one : path.schemas()) {
    const std::size_t before = found.size();
    add_of(one);
    if (found.size() > before && may_surely_use(path.role(), one)) break;
  }
  return found;
}

std::vector<Oid> TouchGraph::functions(std::string_view schema, std::string_view name,
                                       const SearchPath& path) const {
  const Oids& candidates = of(function_names_, name);
  if (schema.empty() && !path.known()) return candidates;
  std::vector<Oid> found;
  for (const Oid oid : candidates) {
    const std::string& own = functions_.at(oid).schema;
    const bool meant = schema.empty()
                           ? std::ranges::find(path.schemas(), own) != path.schemas().end()
                           : own == schema;
    if (meant) found.push_back(oid);
  }
  return found;
}

bool TouchGraph::may_surely_use(const std::string& role, std::string_view schema) const {
  const auto found = schema_users_.find(schema);
  if (found == schema_users_.end()) return false;
  return std::ranges::any_of(found->second,
                             [&](const std::string& user) { return user.empty() || user == role; });
}

}  // namespace tidemark::sql
