// What one thing (a statement, a function's body, a view's definition) touches itself. What those
// touch in turn is found by following them through the TouchGraph (sql/touch_graph.h).
#pragma once

#include <cstdint>
#include <vector>

#include "sql/oid.h"

namespace tidemark::sql {

// A set of what is done to a table, in the bits of pg_trigger.tgtype. The empty set: its rows are
// locked, which counts as written and fires nothing.
using Actions = std::uint8_t;
inline constexpr Actions k_locks = 0;
inline constexpr Actions k_inserts = 4;
inline constexpr Actions k_deletes = 8;
inline constexpr Actions k_updates = 16;
inline constexpr Actions k_truncates = 32;
inline constexpr Actions k_all_actions = k_inserts | k_deletes | k_updates | k_truncates;

struct WriteUse {
  Oid relation = 0;
  Actions actions = k_all_actions;
};

// In no order; the same thing may be there more than once.
struct Uses {
  std::vector<Oid> reads;
  std::vector<WriteUse> writes;
  std::vector<Oid> calls;
  bool reads_unknown = false;
  bool writes_unknown = false;

  void touch_anything() { reads_unknown = writes_unknown = true; }

  // The reads from that place on lock what they read.
  void lock_reads(std::size_t from) {
    for (std::size_t i = from; i < reads.size(); ++i) writes.push_back({reads[i], k_locks});
    writes_unknown = writes_unknown || reads_unknown;
  }

  void merge(const Uses& other) {
    reads.insert(reads.end(), other.reads.begin(), other.reads.end());
    writes.insert(writes.end(), other.writes.begin(), other.writes.end());
    calls.insert(calls.end(), other.calls.begin(), other.calls.end());
    reads_unknown = reads_unknown || other.reads_unknown;
    writes_unknown = writes_unknown || other.writes_unknown;
  }

  bool empty() const {
    return reads.empty() && writes.empty() && calls.empty() && !reads_unknown && !writes_unknown;
  }
};

}  // namespace tidemark::sql
