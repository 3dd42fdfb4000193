// Tally: counts what one guarantee's check finds, and keeps the smallest examples, of those that
// tell the same the smallest one.
//
// Pure. Thread rule: none.
#pragma once

#include <span>
#include <vector>

#include "audit/checks/findings.h"
#include "audit/history/history.h"

namespace tidemark::audit {

// What an example says: of each operation, and in the end.
struct Telling {
  std::vector<std::string> what;  // one for each operation, in the same order
  std::string conclusion;
};

class Tally {
 public:
  Tally(Guarantee guarantee, const History& history);

  void chance() { ++verdict_.chances; }
  void chances(std::uint64_t number) { verdict_.chances += number; }

  // Of what was counted as a chance. `operations`: those of the counterexample, as they are to be
  // told; the last one shows it. `tell()` returns the Telling, and is only asked if the example is
  // among the smallest so far: fewest steps first, then the shortest time from end to end.
  template <class Tell>
  void violation(std::span<const OperationId> operations, const Tell& tell) {
    note(operations.back());
    if (const auto place = place_of(operations)) put(*place, operations, tell());
  }
  template <class Tell>
  void violation(std::initializer_list<OperationId> operations, const Tell& tell) {
    violation(std::span(operations.begin(), operations.size()), tell);
  }

  // The two halves of a violation, for a check that knows how often before it knows an example.
  void note(OperationId shown_by);
  template <class Tell>
  void example(std::span<const OperationId> operations, const Tell& tell) {
    if (const auto place = place_of(operations)) put(*place, operations, tell());
  }

  Verdict verdict() &&;

 private:
  struct Rank {
    std::size_t steps = 0;
    Duration span{0};
    auto operator<=>(const Rank&) const = default;
  };

  Rank rank(std::span<const OperationId> operations) const;
  // Where among the examples it belongs; none: it is no better than those there are.
  std::optional<std::size_t> place_of(std::span<const OperationId> operations) const;
  void put(std::size_t place, std::span<const OperationId> operations, Telling telling);
  bool tell_the_same(const Violation& one, const Violation& other) const;

  const History* history_;
  Verdict verdict_;
  std::vector<Rank> ranks_;  // of verdict_.examples, ascending
};

}  // namespace tidemark::audit
