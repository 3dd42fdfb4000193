// What must be known of one database to judge a statement by its text: which functions and
// operators are volatile, which relations are more than plain replicated tables, and which touch
// which.
//
// An immutable value. The shell runs the catalogue_queries (sql/catalogue_queries.h) and
// build_catalogue makes one; the default-constructed one knows nothing, so that every function and
// relation is unknown, and what is unknown may do anything. Thread rule: immutable, held as
// shared_ptr<const Catalogue>, shared freely.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "sql/effects.h"
#include "sql/touch_graph.h"

namespace tidemark::sql {

// The worst over all overloads, and over all schemas where the name is not qualified.
struct FunctionFact {
  bool built_in = false;           // some overload came with PostgreSQL
  bool built_in_volatile = false;  // … and is VOLATILE
  bool user_volatile = false;      // some overload did not, and is VOLATILE
  // user_volatile with one row argument: callable as if it were a column, t.f
  bool as_column = false;
};

// A relation that exists: what reading it does, merged over all schemas where not qualified.
struct RelationFact {
  Effects effects;
};

class Catalogue {
 public:
  using Row = std::vector<std::optional<std::string>>;
  using Rows = std::vector<Row>;

  Catalogue() = default;

  // Differs between any two catalogues that may differ in content; 0 for the empty one.
  std::uint64_t version() const { return version_; }

  // An empty schema means "in any schema". Null: unknown.
  const FunctionFact* find_function(std::string_view schema, std::string_view name) const;
  const RelationFact* find_relation(std::string_view schema, std::string_view name) const;

  // By name alone, whatever the schema or the operands. The empty catalogue says yes to each.
  // The operator's function is volatile.
  bool is_volatile_operator(std::string_view name) const;
  // Casting to it (or reading it from a literal) runs a user-defined volatile function.
  bool is_volatile_type(std::string_view name) const;
  // Selecting it from a row, as if it were a column, may run a user-defined volatile function.
  bool is_volatile_column(std::string_view name) const;

  // Which relations and functions touch which. The empty catalogue's is empty.
  const TouchGraph& touches() const { return touches_; }

 private:
  friend class CatalogueBuilder;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class Fact>
  using Map = std::unordered_map<std::string, Fact, Hash, std::equal_to<>>;
  using Set = std::unordered_set<std::string, Hash, std::equal_to<>>;

  std::uint64_t version_ = 0;
  // Keys are schema, a NUL, name; with an empty schema for any.
  Map<FunctionFact> functions_;
  Map<RelationFact> relations_;
  Set operators_;
  Set types_;
  TouchGraph touches_;
};

// The rows of each of catalogue_queries(), in that order.
using CatalogueAnswers = std::array<Catalogue::Rows, 6>;

// Views are judged by their definitions, through any depth of nesting; so are row security
// policies. A definition that is missing, or not understood, or names what the answers do not have,
// may do anything.
// The answers of one part may be older than those of the other, and each query's older than those
// behind it: what a definition uses was there when it was read, so that it is either found or gone.
// Fails, naming the query, when the shape of an answer is not what its query returns.
// REQUIRES: version is not 0 and not that of another catalogue.
Result<std::shared_ptr<const Catalogue>> build_catalogue(std::uint64_t version,
                                                         const CatalogueAnswers& built_ins,
                                                         const CatalogueAnswers& users);

}  // namespace tidemark::sql
