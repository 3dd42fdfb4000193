#include "audit/checks/snapshots.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "audit/checks/tally.h"
#include "audit/checks/words.h"

namespace tidemark::audit {
namespace {

// Calls visit(id, shown, write, other) for every snapshot, every version that it shows and that
// somebody wrote, and every other row of it.
template <class Visit>
void for_each_pair(const Model& model, const Visit& visit) {
  for (OperationId id = 0; id < model.history().operations.size(); ++id) {
    const Operation& snapshot = model.operation(id);
    if (!is_snapshot(snapshot) || snapshot.seen.size() < 2) continue;
    for (const Seen& shown : snapshot.seen) {
      const Made* write = model.made(shown);
      if (write == nullptr) continue;
      for (const Seen& other : snapshot.seen) {
        if (other.row != shown.row) visit(id, shown, *write, other);
      }
    }
  }
}

std::string session_of(const Model& model, OperationId id) {
  return fmt::format("session {}", model.operation(id).session);
}

// What `trace` says that the writer of `shown` had, and `other` lacks.
template <class Tell>
Verdict check_trace(const Model& model, Guarantee guarantee, const Trace& trace, const Tell& tell) {
  Tally tally(guarantee, model.history());
  for_each_pair(model,
                [&](OperationId id, const Seen& shown, const Made& write, const Seen& other) {
                  const auto* had = trace.before(model.place(write.operation), other.row);
                  if (had == nullptr || had->version == 0) return;
                  tally.chance();
                  if (!misses(other, had->version, had->writer)) return;
                  tally.violation({had->operation, write.operation, id},
                                  [&] { return tell(*had, shown, other, write); });
                });
  return std::move(tally).verdict();
}

// What the transaction left in the row, its last put to it; null: it did not write there.
const Put* put_of(const Operation& transaction, RowId row) {
  const auto all = std::views::reverse(transaction.puts);
  const auto found = std::ranges::find(all, row, &Put::row);
  return found == all.end() ? nullptr : &*found;
}

// Whether an earlier row of the snapshot has already spoken for this transaction.
bool is_told(const Model& model, const Operation& snapshot, const Seen& shown,
             OperationId transaction) {
  for (const Seen& earlier : snapshot.seen) {
    if (&earlier == &shown) return false;
    const Made* made = model.made(earlier);
    if (made != nullptr && made->operation == transaction) return true;
  }
  return false;
}

void check_transaction(const Model& model, OperationId id, const Seen& shown, OperationId by,
                       Tally& tally) {
  bool is_chance = false;
  for (const Seen& other : model.operation(id).seen) {
    const Put* put = put_of(model.operation(by), other.row);
    if (put == nullptr) continue;
    const Version version = model.version_of(*put);
    if (version == k_unknown_version || (&other == &shown && version == shown.version)) continue;
    if (!is_chance) tally.chance();
    is_chance = true;
    if (!misses(other, version, put->writer)) continue;
    tally.violation({by, id}, [&] {
      return Telling{
          .what = {wrote_both(model.history(), shown, {other.row, version, put->writer}),
                   saw_both(model.history(), shown, other)},
          .conclusion = "half of the transaction was there and the other half was missing"};
    });
    return;
  }
}

}  // namespace

Verdict check_monotonic_writes(const Model& model, const Traces& traces) {
  return check_trace(
      model, Guarantee::k_monotonic_writes, traces.written,
      [&](const Trace::Entry& had, const Seen& shown, const Seen& other, const Made& write) {
        const History& all = model.history();
        return Telling{.what = {wrote(all, other.row, had.version),
                                wrote(all, shown.row, shown.version), saw_both(all, shown, other)},
                       .conclusion = session_of(model, write.operation) +
                                     "'s later write was there and its earlier one was "
                                     "missing"};
      });
}

Verdict check_writes_follow_reads(const Model& model, const Traces& traces) {
  return check_trace(
      model, Guarantee::k_writes_follow_reads, traces.seen,
      [&](const Trace::Entry& had, const Seen& shown, const Seen& other, const Made& write) {
        const History& all = model.history();
        return Telling{.what = {saw(all, {other.row, had.version, had.writer}),
                                wrote(all, shown.row, shown.version), saw_both(all, shown, other)},
                       .conclusion = session_of(model, write.operation) +
                                     "'s write was there and what it had seen before was "
                                     "missing"};
      });
}

Verdict check_no_fractured_reads(const Model& model) {
  Tally tally(Guarantee::k_no_fractured_reads, model.history());
  for (OperationId id = 0; id < model.history().operations.size(); ++id) {
    const Operation& snapshot = model.operation(id);
    if (!is_snapshot(snapshot)) continue;
    for (const Seen& shown : snapshot.seen) {
      const Made* write = model.made(shown);
      if (write == nullptr || is_told(model, snapshot, shown, write->operation)) continue;
      check_transaction(model, id, shown, write->operation, tally);
    }
  }
  return std::move(tally).verdict();
}

}  // namespace tidemark::audit
