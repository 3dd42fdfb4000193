// Summary: what a history says besides its verdicts: how much was done, how long it took, where it
// was served, how stale it was, what went wrong, and what could not be known.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "audit/checks/findings.h"
#include "audit/history/history.h"

namespace tidemark::audit {

// Of a set of values; all 0 of an empty one. A percentile is the smallest value that so many of a
// hundred do not exceed (nearest rank), so each is a value that occurred.
template <class T>
struct Distribution {
  std::uint64_t count = 0;
  T p50{};
  T p90{};
  T p99{};
  T p999{};
  T max{};

  friend bool operator==(const Distribution&, const Distribution&) = default;
};

using Latency = Distribution<Duration>;

// Sorts `values`.
template <class T>
Distribution<T> distribution(std::vector<T>& values);

// The operations of a database as users speak of them.
enum class Action : std::uint8_t {
  k_read_one,          // one row
  k_read_many,         // several rows in one statement
  k_read_transaction,  // several statements in one snapshot
  k_write,             // rows replaced; or rows of several kinds in one transaction
  k_increment,         // numbers added to
  k_append,            // items appended to lists
};

constexpr std::size_t k_actions = 6;

// "read one row"; "read_one_row".
std::string_view title(Action action);
std::string_view name(Action action);

constexpr bool is_read(Action action) { return action <= Action::k_read_transaction; }

// What `operation` of `history` was; hand-overs are none. REQUIRES: it is no hand-over.
Action action_of(const History& history, const Operation& operation);
bool is_message(const Operation& operation);

// Who served the reads that were answered.
struct Share {
  std::uint64_t primary = 0;
  std::uint64_t standby = 0;
  std::uint64_t unknown = 0;

  void add(ServedBy served_by);
  std::uint64_t known() const { return primary + standby; }
  // Of those of which it is known; 0 where that is none.
  double on_standbys() const;

  friend bool operator==(const Share&, const Share&) = default;
};

struct ActionSummary {
  Action action{};
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  std::uint64_t maybe = 0;
  Latency latency;  // of those that were answered without an error
};

// Of one endpoint or one node.
struct PlaceSummary {
  std::string name;
  Share reads;
  std::uint64_t writes = 0;
  Latency read_latency;
  Latency write_latency;
};

struct ErrorSummary {
  std::string sqlstate;  // "" where there was none
  std::uint64_t count = 0;
  std::uint64_t maybes = 0;  // of these: such as left open whether the write had happened
  Duration first{0};
  Duration last{0};
  std::string example;  // the first one's text, without the SQLSTATE
};

struct Summary {
  Duration length{0};  // until the last operation ended
  std::uint64_t sessions = 0;
  std::uint64_t connections = 0;
  std::uint64_t reads = 0;  // answered
  std::uint64_t writes = 0;
  std::uint64_t messages = 0;  // between sessions that arrived
  std::uint64_t losses_declared = 0;
  double reads_a_second = 0;
  double writes_a_second = 0;
  Latency read_latency;
  Latency write_latency;
  Share share;
  std::vector<ActionSummary> actions;   // those that occurred, in the order of the enumerators
  std::vector<PlaceSummary> endpoints;  // in the history's order
  std::vector<PlaceSummary> nodes;      // likewise, those that served anything; unknown ones last
  Distribution<Duration> behind;        // staleness of every row read
  Distribution<std::uint64_t> missed;   // the same in versions
  std::uint64_t fresh = 0;              // row reads that missed nothing
  std::vector<ErrorSummary> errors;     // most frequent first
  std::vector<std::string> unknown;     // what could not be known and why, as sentences
};

Summary summarize(const History& history, const Findings& findings);

}  // namespace tidemark::audit
