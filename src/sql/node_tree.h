// What an expression or a query uses, out of the text in which PostgreSQL keeps it in its
// catalogues (pg_rewrite.ev_action, pg_policy.polqual, pg_proc.prosqlbody): nodes {TYPE :field
// value …}, lists (…), and
// "<>" for nothing. See nodes/outfuncs.c and pg_strtok() in nodes/read.c of PostgreSQL's sources.
// The fields looked for are the same in PostgreSQL 13 to 18; all others are passed over.
//
// The alternative, having the server deparse, takes locks on every relation that is named.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "sql/oid.h"
#include "sql/uses.h"

namespace tidemark::sql {

struct FunctionUse {
  Oid function = 0;
  // The first argument is a constant with a dot in it: of current_setting(), a setting that no
  // server has an opinion of.
  bool names_own_setting = false;
};

// In the order of the text, each as often as it is met.
struct TreeUses {
  std::vector<FunctionUse> functions;  // aggregates, window functions, functions of operators too
  std::vector<Oid> operators;
  std::vector<Oid> relations;
  std::vector<Oid> types;    // cast to when run
  bool locks_rows = false;   // FOR UPDATE and the like
  Actions actions = 0;       // of INSERT, UPDATE, DELETE, on some of the relations
  bool has_utility = false;  // a statement of any other sort
};

// Nothing if the text is not such a tree.
std::optional<TreeUses> uses_of_tree(std::string_view tree);

}  // namespace tidemark::sql
