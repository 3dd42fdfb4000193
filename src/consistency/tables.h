// Which tables something was about: a statement's, a mark's.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tidemark::consistency {

// A table's oid in its database. 0 stands for any table at all.
using TableId = std::uint32_t;

constexpr TableId k_any_table = 0;

// Stands for all of PostgreSQL's own relations.
constexpr TableId k_system_tables = 1;

// Under which reading of names the ids hold: one catalogue of one database, in one of its versions.
// What was noted under another scope may be about any table, since tables can be renamed, replaced
// and turned into views. 0: none, nothing is known.
using TableScope = std::uint64_t;

// The tables of one statement or transaction. A view on memory of the caller's.
struct Tables {
  TableScope scope = 0;  // 0: any tables
  std::span<const TableId> ids = {};

  bool any() const { return scope == 0; }

  // Whether what was about those tables may have been about one of these.
  bool meet(const Tables& other) const {
    return any() || other.any() || other.scope != scope ||
           std::ranges::find_first_of(ids, other.ids) != ids.end();
  }
};

// The tables of a statement or transaction, of one scope. Holds no memory of its own: beyond
// k_capacity it stands for any tables.
class TableSet {
 public:
  static constexpr std::size_t k_capacity = 8;

  TableSet() = default;
  explicit TableSet(const Tables& tables) {
    if (tables.any()) add_any();
    for (const TableId table : tables.ids) add(table);
  }
  static TableSet of_any() { return TableSet(Tables{}); }

  void add(TableId table) {
    if (any_ || std::ranges::find(ids(), table) != ids().end()) return;
    if (table == k_any_table || count_ == k_capacity) return add_any();
    ids_[count_++] = table;
  }
  void add(const TableSet& other) {
    if (other.any_) add_any();
    for (const TableId table : other.ids()) add(table);
  }
  void add_any() {
    any_ = true;
    count_ = 0;
  }
  // What is about any table stays so, unless it is all that goes.
  void remove(const TableSet& other) {
    if (other.any_) any_ = false;
    const auto goes = [&](TableId table) {
      return other.any_ || std::ranges::find(other.ids(), table) != other.ids().end();
    };
    const auto kept = std::remove_if(ids_.begin(), ids_.begin() + count_, goes);
    count_ = static_cast<std::uint8_t>(kept - ids_.begin());
  }

  bool any() const { return any_; }
  bool empty() const { return !any_ && count_ == 0; }
  bool contains(const TableSet& other) const {
    if (any_ || other.any_) return any_;
    return std::ranges::all_of(other.ids(), [this](TableId table) {
      return std::ranges::find(ids(), table) != ids().end();
    });
  }

  // A view on this set.
  Tables in(TableScope scope) const { return any_ ? Tables{} : Tables{scope, ids()}; }

 private:
  std::span<const TableId> ids() const { return {ids_.data(), count_}; }

  std::array<TableId, k_capacity> ids_{};
  std::uint8_t count_ = 0;
  bool any_ = false;
};

}  // namespace tidemark::consistency
