// Promise: what a read is promised, as the parts that levels are made of. Unlike levels, promises
// can be merged: a statement that touches several tables gets all that any of them demands.
#pragma once

#include <string>

#include "base/instant.h"
#include "consistency/level.h"

namespace tidemark::consistency {

// Definitions: read your writes, monotonic reads, writes follow reads after Terry et al., "Session
// Guarantees for Weakly Consistent Replicated Data" (PDIS 1994), item by item as in Bailis et al.,
// "Highly Available Transactions" (VLDB 2013); bounded after Pileus (SOSP 2013) and Azure Cosmos
// DB's bounded staleness.
struct Promise {
  bool writes = false;         // the session's own earlier writes of what the statement touches
  bool reads = false;          // never older than what the session has read of it
  bool across_tables = false;  // both of them, whatever the tables were: causal
  bool strong = false;         // everything committed before the read began
  Duration bound = Duration::max();  // nothing is missing that was committed longer ago than this
                                     // when the read began; max: no such promise

  bool is_bounded() const { return bound != Duration::max(); }
  // Requires nothing.
  bool empty() const { return !writes && !reads && !strong && !is_bounded(); }

  friend bool operator==(const Promise&, const Promise&) = default;
};

// REQUIRES: the level is not k_policy.
Promise promise_of(const Level& level);

// The least promise that keeps both.
Promise merge(const Promise& one, const Promise& other);

// Whether whoever keeps `one` has kept `other`, too.
bool implies(const Promise& one, const Promise& other);

// A level's name where there is one; otherwise names joined: "session+bounded(2s)".
std::string to_string(const Promise& promise);

}  // namespace tidemark::consistency
