#include "audit/checks/staleness.h"

#include <fmt/format.h>

#include <algorithm>

#include "audit/checks/tally.h"
#include "audit/checks/words.h"

namespace tidemark::audit {
namespace {

// By when a row was known to have come to a version, and through whom. Ascending in both.
struct Known {
  Version version = 0;
  Duration since = k_unacknowledged;
  const Made* by = nullptr;
};

std::vector<Known> known(std::span<const Made> chain) {
  std::vector<Known> all(chain.size());
  Known latest;
  for (std::size_t i = chain.size(); i-- > 0;) {
    if (chain[i].ended < latest.since) latest = {.since = chain[i].ended, .by = &chain[i]};
    all[i] = latest;
    all[i].version = chain[i].version;
  }
  return all;
}

// Calls visit(id, seen, oldest missed, its number of missed versions); null and 0 if it is fresh.
template <class Visit>
void for_each_read(const Model& model, const Visit& visit) {
  std::vector<std::vector<Known>> rows;
  for (RowId row = 0; row < model.history().rows.size(); ++row) {
    rows.push_back(known(model.chain(row)));
  }
  for (OperationId id = 0; id < model.history().operations.size(); ++id) {
    const Operation& operation = model.operation(id);
    if (!is_snapshot(operation)) continue;
    for (const Seen& seen : operation.seen) {
      const auto& row = rows[seen.row];
      const auto first = std::ranges::upper_bound(row, seen.version, {}, &Known::version);
      const auto last =
          std::ranges::lower_bound(first, row.end(), operation.started, {}, &Known::since);
      const bool is_stale = last != first;
      visit(id, seen, is_stale ? &*first : nullptr, static_cast<std::uint64_t>(last - first));
    }
  }
}

}  // namespace

std::vector<Stale> staleness(const Model& model) {
  std::vector<Stale> all;
  for_each_read(model, [&](OperationId id, const Seen&, const Known* missed, std::uint64_t number) {
    const Duration at = model.operation(id).started;
    all.push_back({.at = at,
                   .behind = missed == nullptr ? Duration{0} : at - missed->since,
                   .versions = number});
  });
  std::ranges::stable_sort(all, {}, &Stale::at);
  return all;
}

Verdict check_bounded(const Model& model, std::optional<Duration> bound) {
  Tally tally(Guarantee::k_bounded, model.history());
  if (!bound) return std::move(tally).verdict();
  for_each_read(model, [&](OperationId id, const Seen& seen, const Known* missed, std::uint64_t) {
    tally.chance();
    if (missed == nullptr) return;
    const Duration behind = model.operation(id).started - missed->since;
    if (behind <= *bound) return;
    tally.violation({missed->by->operation, id}, [&] {
      return Telling{.what = {wrote(model.history(), seen.row, missed->by->version),
                              saw(model.history(), seen)},
                     .conclusion = fmt::format(
                         "version {} had been acknowledged {} before this read began, "
                         "{} longer than the bound",
                         missed->by->version, in_words(behind), in_words(behind - *bound))};
    });
  });
  return std::move(tally).verdict();
}

}  // namespace tidemark::audit
