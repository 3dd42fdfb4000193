#include "audit/checks/trace.h"

#include <algorithm>

namespace tidemark::audit {
namespace {

std::uint64_t key(Place place, RowId row) { return std::uint64_t{place.life} << 32 | row; }

void note_operation(const Model& model, OperationId id, Traces& traces) {
  const Operation& operation = model.operation(id);
  const Place place = model.place(id);
  for (const Seen& seen : operation.seen) {
    traces.seen.note(place, seen.row, {place.index, id, seen.version, seen.writer});
  }
  for (const Put& put : operation.puts) {
    const Version version = model.version_of(put);
    if (version == k_unknown_version) continue;
    traces.written.note(place, put.row, {place.index, id, version, put.writer});
    if (version == 1) continue;
    // Who made the version before is known unless two claim it, or nobody saw it.
    const auto chain = model.chain(put.row);
    const auto [first, last] = std::ranges::equal_range(chain, version - 1, {}, &Made::version);
    if (last - first != 1) continue;
    traces.seen.note(place, put.row, {place.index, id, version - 1, first->writer});
  }
}

}  // namespace

void Trace::note(Place place, RowId row, const Entry& entry) {
  auto& entries = entries_[key(place, row)];
  // The latest of equals: it makes the shorter example.
  if (entries.empty() || entries.back().version <= entry.version) entries.push_back(entry);
}

const Trace::Entry* Trace::before(Place place, RowId row) const {
  const auto found = entries_.find(key(place, row));
  if (found == entries_.end()) return nullptr;
  const auto& entries = found->second;
  const auto behind = std::ranges::lower_bound(entries, place.index, {}, &Entry::index);
  return behind == entries.begin() ? nullptr : &*std::prev(behind);
}

Traces trace(const Model& model) {
  Traces traces;
  for (OperationId id = 0; id < model.history().operations.size(); ++id) {
    if (model.operation(id).outcome == Outcome::k_ok) note_operation(model, id, traces);
  }
  return traces;
}

}  // namespace tidemark::audit
