// Which tables something was about: a statement's, a mark's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

namespace tidemark::consistency {

// A table's oid in its database. 0 stands for any table at all.
using TableId = std::uint32_t;

constexpr TableId k_any_table = 0;

// Under which reading of names the ids hold: one catalogue of one database, in one of its versions.
// What was noted under another scope may be about any table, since tables can be renamed, replaced
// and turned into views. 0: none, nothing is known.
using TableScope = std::uint64_t;

// The tables of one statement or transaction. A view on memory of the caller's.
struct Tables {
  TableScope scope = 0;  // 0: any tables
  std::span<const TableId> ids = {};

  bool any() const { return scope == 0; }

  bool contains(TableScope other_scope, TableId table) const {
    return any() || other_scope != scope || table == k_any_table ||
           std::ranges::find(ids, table) != ids.end();
  }
};

}  // namespace tidemark::consistency
