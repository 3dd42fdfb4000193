#include "audit/checks/long_fork.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "audit/checks/tally.h"
#include "audit/checks/words.h"

namespace tidemark::audit {
namespace {

// One snapshot of two rows; `first` is the smaller RowId.
struct Pair {
  Seen first;
  Seen second;
  OperationId snapshot = 0;

  std::tuple<RowId, RowId> rows() const { return {first.row, second.row}; }
};

std::vector<Pair> pairs_in_contradictions(const Orders& orders) {
  std::vector<Pair> pairs;
  for (const auto& contradiction : orders.contradictions()) {
    for (const OperationId id : contradiction) {
      const Operation& operation = orders.model().operation(id);
      if (!is_snapshot(operation)) continue;
      for (const Seen& first : operation.seen) {
        for (const Seen& second : operation.seen) {
          if (first.row < second.row) pairs.push_back({first, second, id});
        }
      }
    }
  }
  std::ranges::sort(pairs, {}, [](const Pair& pair) {
    return std::tuple(pair.rows(), pair.first.version, pair.second.version, pair.snapshot);
  });
  return pairs;
}

// What one snapshot saw of a row and the other missed: the version seen, or the first one missed.
struct Choice {
  const Made* by_first = nullptr;   // on the row of which the later pair saw more
  const Made* by_second = nullptr;  // on the other row
};

class Check {
 public:
  explicit Check(const Orders& orders)
      : model_(orders.model()), tally_(Guarantee::k_no_long_fork, model_.history()) {}

  Verdict run(const std::vector<Pair>& pairs) && {
    for (const Operation& operation : model_.history().operations) {
      if (is_snapshot(operation) && operation.seen.size() > 1) tally_.chance();
    }
    for (auto begin = pairs.begin(); begin != pairs.end();) {
      const auto end = std::ranges::find_if(
          begin, pairs.end(), [&](const Pair& pair) { return pair.rows() != begin->rows(); });
      sweep(std::span(begin, end));
      begin = end;
    }
    for (const OperationId id : found_) tally_.note(id);
    return std::move(tally_).verdict();
  }

 private:
  // Ascending by the version of the first row: who saw less of the second row than somebody before
  // is one half of a fork.
  void sweep(std::span<const Pair> pairs) {
    const Pair* newest = nullptr;  // of the second row, among those with an older first one
    for (auto begin = pairs.begin(); begin != pairs.end();) {
      const auto end = std::ranges::find_if(begin, pairs.end(), [&](const Pair& pair) {
        return pair.first.version != begin->first.version;
      });
      for (const Pair& pair : std::span(begin, end)) {
        if (newest != nullptr && pair.second.version < newest->second.version) {
          judge(pair, *newest);
        }
      }
      const Pair& last = *std::prev(end);
      if (newest == nullptr || newest->second.version <= last.second.version) newest = &last;
      begin = end;
    }
  }

  // `more` saw more of the first row, `other` of the second.
  void judge(const Pair& more, const Pair& other) {
    const Choice choices[] = {
        {model_.made(more.first), model_.made(other.second)},
        {model_.next(more.first.row, other.first.version), model_.made(other.second)},
        {model_.made(more.first), model_.next(more.second.row, more.second.version)},
    };
    const auto* two = std::ranges::find_if(choices, [](const Choice& choice) {
      return choice.by_first->operation != choice.by_second->operation;
    });
    if (two == std::end(choices)) return;
    found_.insert(more.snapshot);
    tell(*two, more, other);
  }

  void tell(const Choice& choice, const Pair& more, const Pair& other) {
    const bool is_first_earlier =
        model_.operation(more.snapshot).started <= model_.operation(other.snapshot).started;
    const Pair& one = is_first_earlier ? more : other;
    const Pair& two = is_first_earlier ? other : more;
    const OperationId operations[] = {choice.by_first->operation, choice.by_second->operation,
                                      one.snapshot, two.snapshot};
    tally_.example(operations, [&] {
      const History& all = model_.history();
      return Telling{
          .what = {wrote(all, choice.by_first->row, choice.by_first->version),
                   wrote(all, choice.by_second->row, choice.by_second->version),
                   saw_both(all, one.first, one.second), saw_both(all, two.first, two.second)},
          .conclusion = "the two snapshots saw the two writes in opposite orders"};
    });
  }

  const Model& model_;
  Tally tally_;
  std::set<OperationId> found_;
};

}  // namespace

Verdict check_no_long_fork(const Orders& orders) {
  return Check(orders).run(pairs_in_contradictions(orders));
}

}  // namespace tidemark::audit
