#include "audit/checks/session_guarantees.h"

#include <fmt/format.h>

#include "audit/checks/tally.h"
#include "audit/checks/words.h"

namespace tidemark::audit {
namespace {

// What had been done how long before `id` began. In one pipeline nothing has been answered yet.
std::string since(const Model& model, std::string_view done, OperationId earlier, OperationId id) {
  const Duration passed = model.operation(id).started - model.operation(earlier).ended;
  if (passed < Duration{0}) return "ahead of it in one pipeline";
  return fmt::format("{} {} before", done, in_words(passed));
}

Telling tell_own_write(const Model& model, const Trace::Entry& own, OperationId id,
                       const Seen& seen) {
  const std::string missing =
      seen.version < own.version
          ? fmt::format("its own version {}", own.version)
          : fmt::format("its own version {} (this one is another's)", own.version);
  return {.what = {wrote(model.history(), seen.row, own.version), saw(model.history(), seen)},
          .conclusion = fmt::format("{}, {}, was missing", missing,
                                    since(model, "acknowledged", own.operation, id))};
}

Telling tell_step_back(const Model& model, const Trace::Entry& earlier, OperationId id,
                       const Seen& seen) {
  const bool wrote_then = !model.operation(earlier.operation).puts.empty();
  const std::string before =
      (wrote_then ? "overwrote " : "saw ") + row_name(model.history(), seen.row, earlier.version);
  return {.what = {before, saw(model.history(), seen)},
          .conclusion = fmt::format("version {}, {}, was gone", earlier.version,
                                    since(model, "which it had seen", earlier.operation, id))};
}

}  // namespace

Verdict check_read_your_writes(const Model& model, const Traces& traces) {
  Tally tally(Guarantee::k_read_your_writes, model.history());
  for (OperationId id = 0; id < model.history().operations.size(); ++id) {
    if (model.operation(id).outcome != Outcome::k_ok) continue;
    for (const Seen& seen : model.operation(id).seen) {
      const auto* own = traces.written.before(model.place(id), seen.row);
      if (own == nullptr) continue;
      tally.chance();
      if (!misses(seen, own->version, own->writer)) continue;
      tally.violation({own->operation, id}, [&] { return tell_own_write(model, *own, id, seen); });
    }
  }
  return std::move(tally).verdict();
}

Verdict check_monotonic_reads(const Model& model, const Traces& traces) {
  Tally tally(Guarantee::k_monotonic_reads, model.history());
  for (OperationId id = 0; id < model.history().operations.size(); ++id) {
    if (model.operation(id).outcome != Outcome::k_ok) continue;
    for (const Seen& seen : model.operation(id).seen) {
      const auto* earlier = traces.seen.before(model.place(id), seen.row);
      if (earlier == nullptr || earlier->version == 0) continue;
      tally.chance();
      if (!misses(seen, earlier->version, earlier->writer)) continue;
      tally.violation({earlier->operation, id},
                      [&] { return tell_step_back(model, *earlier, id, seen); });
    }
  }
  return std::move(tally).verdict();
}

}  // namespace tidemark::audit
