#include "audit/checks/linearizable.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "audit/checks/tally.h"
#include "audit/checks/words.h"

namespace tidemark::audit {
namespace {

// One operation's dealing with one row.
struct Access {
  RowId row = 0;
  OperationId operation = 0;
  Version version = 0;
  bool is_write = false;
  Duration started{0};
  Duration ended{0};
};

// By row; of each, by start.
std::vector<Access> accesses(const Model& model) {
  std::vector<Access> all;
  for (OperationId id = 0; id < model.history().operations.size(); ++id) {
    const Operation& operation = model.operation(id);
    const bool is_answered = operation.outcome == Outcome::k_ok;
    for (const Put& put : operation.puts) {
      const Version version = model.version_of(put);
      if (version == k_unknown_version) continue;
      all.push_back({put.row, id, version, true, operation.started,
                     is_answered ? operation.ended : k_unacknowledged});
    }
    if (!is_answered) continue;
    for (const Seen& seen : operation.seen) {
      all.push_back({seen.row, id, seen.version, false, operation.started, operation.ended});
    }
  }
  std::ranges::sort(all, {}, [](const Access& access) {
    return std::tuple(access.row, access.started, access.operation);
  });
  return all;
}

std::string did(const Model& model, const Access& access) {
  return access.is_write ? wrote(model.history(), access.row, access.version)
                         : saw(model.history(), {access.row, access.version, 0});
}

Telling tell(const Model& model, const Access& earlier, const Access& later) {
  const std::string before = in_words(later.started - earlier.ended);
  std::string conclusion;
  if (earlier.is_write) {
    conclusion = fmt::format("version {} had been acknowledged {} before this {} began",
                             earlier.version, before, later.is_write ? "write" : "read");
  } else {
    conclusion = fmt::format("version {} had been seen {} before this {} began", earlier.version,
                             before, later.is_write ? "write" : "read");
  }
  return {.what = {did(model, earlier), did(model, later)}, .conclusion = std::move(conclusion)};
}

// Keeps the one with the newer version; of equals the one that ended later.
void keep_newer(const Access*& newest, const Access& access) {
  if (newest == nullptr || newest->version <= access.version) newest = &access;
}

void sweep(const Model& model, std::span<const Access> row, Tally& tally) {
  std::vector<std::size_t> by_end(row.size());
  std::iota(by_end.begin(), by_end.end(), std::size_t{0});
  std::ranges::sort(by_end, {}, [&](std::size_t i) { return std::pair(row[i].ended, i); });
  const Access* newest = nullptr;
  const Access* newest_write = nullptr;  // makes the better story
  std::size_t ended = 0;
  for (const Access& later : row) {
    for (; ended < row.size() && row[by_end[ended]].ended < later.started; ++ended) {
      const Access& access = row[by_end[ended]];
      keep_newer(newest, access);
      if (access.is_write) keep_newer(newest_write, access);
    }
    if (newest == nullptr) continue;
    tally.chance();
    const Version least = later.version + (later.is_write ? 0 : 1);
    if (newest->version < least) continue;
    const bool is_told_by_write = newest_write != nullptr && newest_write->version >= least;
    const Access& earlier = is_told_by_write ? *newest_write : *newest;
    tally.violation({earlier.operation, later.operation},
                    [&] { return tell(model, earlier, later); });
  }
}

}  // namespace

Verdict check_linearizable(const Model& model) {
  Tally tally(Guarantee::k_linearizable, model.history());
  const auto all = accesses(model);
  for (auto begin = all.begin(); begin != all.end();) {
    const auto end = std::ranges::find_if(
        begin, all.end(), [&](const Access& access) { return access.row != begin->row; });
    sweep(model, std::span(begin, end), tally);
    begin = end;
  }
  return std::move(tally).verdict();
}

}  // namespace tidemark::audit
