// Which relations and functions of a database touch which: views and policies, bodies of functions
// written in SQL, partitions and inheritance, foreign keys that write, triggers and rules. Part of
// a Catalogue, made by TouchBuilder (sql/touch_builder.h).
//
// Edges are kept as they are in the database and followed when a statement is classified.
// Thread rule: immutable once made.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sql/oid.h"
#include "sql/search_path.h"
#include "sql/statement.h"
#include "sql/uses.h"

namespace tidemark::sql {

class TouchGraph {
 public:
  // The relations that a name may stand for, none if there is none. An empty schema: the path
  // decides, and every schema counts up to the first that the path's role may surely use.
  std::vector<Oid> relations(std::string_view schema, std::string_view name,
                             const SearchPath& path) const;

  // The user-defined functions of that name that touch anything; overloads are not told apart.
  std::vector<Oid> functions(std::string_view schema, std::string_view name,
                             const SearchPath& path) const;

  // By name alone: the functions behind an operator, behind a cast to a type, and those that can be
  // called as if they were a column.
  const std::vector<Oid>& of_operator(std::string_view name) const { return of(operators_, name); }
  const std::vector<Oid>& of_type(std::string_view name) const { return of(types_, name); }
  const std::vector<Oid>& of_column(std::string_view name) const { return of(columns_, name); }

  // Follows the uses to their ends, into the touched_ and _unknown fields.
  void follow(const Uses& uses, Statement& statement) const;

 private:
  friend class TouchBuilder;
  friend class TouchTrace;

  // Writing the one as `on` makes PostgreSQL write the other as `does`.
  struct Cascade {
    Oid to = 0;
    Actions on = 0;
    Actions does = 0;

    bool operator==(const Cascade&) const = default;
  };

  // What only some relations have.
  struct Detail {
    Uses when_read;    // its definition if it is a view; its policies
    Uses when_stored;  // defaults, checks; a materialized view's definition
    std::vector<Cascade> cascades;
    Actions fires = 0;  // triggers and rules that nobody looks into
    bool is_view = false;
    bool is_foreign = false;  // or has foreign partitions
    bool has_children = false;
  };

  struct Relation {
    std::string schema;
    std::string name;
    std::vector<Oid> parents;
    std::unique_ptr<Detail> detail;
  };

  struct Function {
    std::string schema;
    bool may_write = false;  // as it is labelled
    Uses uses;
  };

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class Value>
  using ByName = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;
  using Oids = std::vector<Oid>;

  static const Oids& of(const ByName<Oids>& map, std::string_view name);
  bool may_surely_use(const std::string& role, std::string_view schema) const;

  std::unordered_map<Oid, Relation> relations_;
  std::unordered_map<Oid, Function> functions_;  // those alone that touch anything
  ByName<Oids> relation_names_;
  ByName<Oids> function_names_;
  ByName<Oids> operators_;
  ByName<Oids> types_;
  ByName<Oids> columns_;
  ByName<std::vector<std::string>> schema_users_;  // the empty role: everybody
};

}  // namespace tidemark::sql
