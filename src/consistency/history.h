// How the timelines of one origin descend from each other.
//
// A promotion starts a new timeline at a switch point. Up to there the two share their log, byte
// for byte; behind it the old timeline goes on, if at all, as another branch (anomalies F1, F2,
// F5).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "consistency/lsn.h"

namespace tidemark::consistency {

// A timeline's number, from 1. 0 means "not known".
using Timeline = std::uint32_t;

// As an upper bound: whichever.
constexpr Timeline k_any_timeline = ~Timeline{0};

struct Position {
  Timeline timeline = 0;
  Lsn lsn{};

  friend constexpr bool operator==(const Position&, const Position&) = default;
};

// Whether someone who has one position has another, too.
enum class Cover : std::uint8_t {
  k_covered,  // yes
  k_not_yet,  // it will once it has gone on along the log
  k_never,    // the position lies on a branch that was left behind
};

class History {
 public:
  struct Switch {
    Timeline timeline = 0;  // begins here
    Timeline parent = 0;    // and shares the log of this one
    Lsn at{};               // up to here

    friend constexpr bool operator==(const Switch&, const Switch&) = default;
  };

  // Knows no switch: every timeline stands alone.
  History() = default;

  // Reads PostgreSQL's own file of the history of `timeline` (NNNNNNNN.history, or the content
  // column of TIMELINE_HISTORY): lines of parent timeline, switch point and reason; `#` begins a
  // comment.
  static Result<History> parse(Timeline timeline, std::string_view text);

  // Takes over what `other` knows. Where both know a timeline, the other wins.
  void add(const History& other);
  void add(Switch change);

  bool knows(Timeline timeline) const;

  // Whether both know where some timeline began, and say different things: then that number stands
  // for two timelines, begun by promotions apart from each other.
  bool contradicts(const History& other) const;

  // Where the log of a timeline is no longer its parent's; zero if that is not known.
  Lsn beginning(Timeline timeline) const;

  // Up to where the logs of two timelines are the same: everything for one and the same, the switch
  // point for a timeline and its ancestor, zero where no common ancestor is known.
  Lsn shared(Timeline one, Timeline other) const;

  // Whether what has reached `have` covers `need`.
  Cover covers(Position have, Position need) const;

  const std::vector<Switch>& switches() const { return switches_; }

 private:
  const Switch* find(Timeline timeline) const;

  std::vector<Switch> switches_;
};

}  // namespace tidemark::consistency
