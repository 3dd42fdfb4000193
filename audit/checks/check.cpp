#include "audit/checks/check.h"

#include <array>
#include <utility>

#include "audit/checks/causal.h"
#include "audit/checks/causes.h"
#include "audit/checks/linearizable.h"
#include "audit/checks/long_fork.h"
#include "audit/checks/lost.h"
#include "audit/checks/model.h"
#include "audit/checks/orders.h"
#include "audit/checks/prefix.h"
#include "audit/checks/session_guarantees.h"
#include "audit/checks/snapshots.h"
#include "audit/checks/staleness.h"
#include "audit/checks/trace.h"

namespace tidemark::audit {
namespace {

using Kind = consistency::Level::Kind;

void count_maybes(const Model& model, Findings& findings) {
  for (OperationId id = 0; id < model.history().operations.size(); ++id) {
    const Operation& operation = model.operation(id);
    if (operation.outcome != Outcome::k_maybe || operation.puts.empty()) continue;
    ++findings.maybes;
    if (model.happened(id)) ++findings.maybes_found;
  }
}

std::optional<consistency::Level> strongest(const Findings& findings) {
  for (const Kind kind : {Kind::k_strong, Kind::k_causal, Kind::k_session, Kind::k_read_your_writes,
                          Kind::k_monotonic_reads, Kind::k_eventual}) {
    const consistency::Level level{.kind = kind};
    if (held(findings, level)) return level;
  }
  return std::nullopt;
}

}  // namespace

Result<Findings> check(const History& history, const CheckOptions& options) {
  const auto model = Model::build(history);
  if (!model) return std::unexpected(model.error());
  Findings findings;
  for (std::size_t i = 0; i < k_guarantees; ++i) {
    findings.verdicts.emplace_back().guarantee = Guarantee{static_cast<std::uint8_t>(i)};
  }
  const auto put = [&](Verdict verdict) {
    findings.verdicts[std::to_underlying(verdict.guarantee)] = std::move(verdict);
  };
  const Traces traces = trace(*model);
  put(check_read_your_writes(*model, traces));
  put(check_monotonic_reads(*model, traces));
  put(check_monotonic_writes(*model, traces));
  put(check_writes_follow_reads(*model, traces));
  put(check_causal(Causes(*model), traces));
  const Orders orders(*model);
  put(check_consistent_prefix(orders));
  put(check_no_long_fork(orders));
  put(check_no_fractured_reads(*model));
  put(check_linearizable(*model));
  put(check_bounded(*model, options.bound));
  put(check_no_lost_writes(*model));
  put(check_no_lost_updates(*model));
  findings.staleness = staleness(*model);
  count_maybes(*model, findings);
  findings.strongest = strongest(findings);
  return findings;
}

}  // namespace tidemark::audit
