// Findings: what a history proves of each guarantee.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/history/history.h"
#include "consistency/level.h"

namespace tidemark::audit {

enum class Guarantee : std::uint8_t {
  k_read_your_writes,
  k_monotonic_reads,
  k_monotonic_writes,
  k_writes_follow_reads,
  k_causal,
  k_consistent_prefix,
  k_no_long_fork,
  k_no_fractured_reads,
  k_linearizable,     // row by row
  k_bounded,          // no read staler than the bound that was asked for
  k_no_lost_writes,   // acknowledged, and there at the end
  k_no_lost_updates,  // no two writes made the same version; increments and appends all count
};

constexpr std::size_t k_guarantees = 12;

// "read your writes"; "read_your_writes"; one sentence that defines it; who defined it.
std::string_view title(Guarantee guarantee);
std::string_view name(Guarantee guarantee);
std::string_view definition(Guarantee guarantee);
std::string_view source(Guarantee guarantee);

// One operation of a counterexample and what it has to do with it, in words.
struct Step {
  OperationId operation = 0;
  std::string what;  // "wrote cart 7, version 3"; "read cart 7 and saw version 2"
};

struct Violation {
  Guarantee guarantee{};
  Duration at{0};           // when the operation ended that shows it
  std::vector<Step> steps;  // in the order in which they are to be told
  std::string conclusion;   // "its own version 3, acknowledged 12 ms before, was missing"
};

struct Verdict {
  Guarantee guarantee{};
  std::uint64_t chances = 0;  // how often it could have been violated; 0: not exercised
  std::uint64_t violations = 0;
  std::vector<Violation> examples;  // the smallest, at most k_most_examples
  std::vector<Duration> times;      // when each violation happened, for plots; ascending
};

constexpr std::size_t k_most_examples = 3;

// How stale one read of one row was.
struct Stale {
  Duration at{0};      // when the read began
  Duration behind{0};  // since the oldest write that it missed had been acknowledged; 0: fresh
  std::uint64_t versions = 0;  // how many acknowledged versions it missed
};

struct Findings {
  std::vector<Verdict> verdicts;   // one for each guarantee, in the order of the enumerators
  std::vector<Stale> staleness;    // one for each row read for which there is a truth, by `at`
  std::uint64_t maybes = 0;        // writes of which no answer came ...
  std::uint64_t maybes_found = 0;  // ... and that had happened after all
  // The strongest level that the run is consistent with; empty: not even eventual.
  std::optional<consistency::Level> strongest;
};

// The guarantees that a level is made of.
std::vector<Guarantee> guarantees_of(const consistency::Level& level);

// Whether all of them held; a guarantee that was not exercised counts as held.
bool held(const Findings& findings, const consistency::Level& level);

}  // namespace tidemark::audit
