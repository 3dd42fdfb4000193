// Ruling: what the rules say about one statement, and how that combines with what was asked for.
// Rulings form a lattice: what several tables are owed is the merge of what each is owed.
#pragma once

#include <cstdint>
#include <optional>

#include "base/instant.h"
#include "consistency/level.h"
#include "consistency/node.h"
#include "consistency/promise.h"

namespace tidemark::consistency {

// How far a commit must have got before it is answered: PostgreSQL's synchronous_commit, weakest
// first.
enum class Durability : std::uint8_t {
  k_unset,  // the rules do not say
  k_off,
  k_local,
  k_remote_write,
  k_on,
  k_remote_apply,
};

// PostgreSQL's word: "remote_apply"; "unset" where the rules do not say.
const char* to_string(Durability durability);

// Where a read goes when no standby covers its floor in time; the least restrictive first.
enum class Otherwise : std::uint8_t {
  k_primary,  // to the primary
  k_wait,     // nowhere else: it waits out its limit for a standby, then it is refused
  k_refuse,   // nowhere else: it is refused as soon as no standby is expected in time
};

// "primary", "wait", "refuse".
const char* to_string(Otherwise otherwise);

// Which nodes may serve, depending on their role at that moment. Closed under union (a list of
// nodes and roles in `from`) and intersection (a statement that several rules speak of).
struct Sources {
  NodeSet as_primary = ~NodeSet{0};  // these while they are the primary
  NodeSet as_standby = ~NodeSet{0};  // these while they are standbys

  bool any_primary() const { return as_primary != 0; }
  bool any_standby() const { return as_standby != 0; }
  bool none() const { return !any_primary() && !any_standby(); }

  // Those that may serve while `primary` is the primary; k_no_node: while there is none.
  NodeSet allowed(NodeIndex primary) const {
    const NodeSet bit = primary < k_max_nodes ? node_bit(primary) : NodeSet{0};
    return (as_primary & bit) | (as_standby & ~bit);
  }

  friend bool operator==(const Sources&, const Sources&) = default;
};

constexpr Sources k_primary_only{~NodeSet{0}, 0};
constexpr Sources k_standbys_only{0, ~NodeSet{0}};
constexpr Sources k_no_source{0, 0};

constexpr Sources unite(const Sources& one, const Sources& other) {
  return {one.as_primary | other.as_primary, one.as_standby | other.as_standby};
}
constexpr Sources intersect(const Sources& one, const Sources& other) {
  return {one.as_primary & other.as_primary, one.as_standby & other.as_standby};
}

// The default-constructed one is of a statement that touches nothing: merging it changes nothing.
struct Ruling {
  // The least that the rules promise; none: no rule speaks of it.
  std::optional<Promise> read = {};
  Durability write = Durability::k_unset;
  Sources sources = {};  // of reads: the rules' `from`
  std::optional<Otherwise> otherwise = {};
  std::optional<Duration> wait = {};

  // Some of what the statement reads (writes) no rule speaks of in this regard: there the default
  // counts, too, so that a weak rule for one table weakens nothing for its neighbour.
  bool read_by_default = false;
  bool write_by_default = false;  // then `write` may raise what the client has set, never lower it
  bool otherwise_by_default = false;
  bool wait_by_default = false;

  // Whose strong reads come from standbys, or from the primary, are among what it reads. Strong
  // reads of one table must all come from the same of the two (anomalies P2, P3), whoever asks.
  bool strong_on_standbys = false;
  bool strong_on_primary = false;

  std::uint64_t rules = 0;  // bit i: rule i had a say

  friend bool operator==(const Ruling&, const Ruling&) = default;
};

// All that either demands: the strongest promise and durability, the sources that both allow, the
// more restrictive `otherwise` (refuse > wait > primary), the shorter wait.
Ruling merge(const Ruling& one, const Ruling& other);

// The promise to a reader who asked for this level; none, or `policy`: who asked for none. A rule
// may be weaker than the default, and never weakens what was asked for.
// REQUIRES: fallback, the configured default, is not `policy`.
Promise effective(const Ruling& ruling, const std::optional<Level>& asked, const Level& fallback);

// Which nodes may serve a read by such a reader; none() when the rules leave no node: it must be
// refused. When the effective promise is strong, these are nodes as primary only, or as standbys
// only: then a standby needs a floor taken after the read began.
// REQUIRES: as effective().
Sources effective_sources(const Ruling& ruling, const std::optional<Level>& asked,
                          const Level& fallback);

Otherwise effective_otherwise(const Ruling& ruling, Otherwise fallback);
Duration effective_wait(const Ruling& ruling, Duration fallback);

}  // namespace tidemark::consistency
