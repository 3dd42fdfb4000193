#include "routing/choose.h"

#include <algorithm>
#include <optional>

#include "base/check.h"

namespace tidemark::routing {

using consistency::k_no_node;

namespace {

bool is_lost(Reason reason) {
  return reason == Reason::k_lost_writes || reason == Reason::k_lost_reads;
}

// From the read's arrival to its answer; nothing if it will not be served.
std::optional<Duration> expected(const Decision& decision, const Request& request,
                                 const topology::ClusterView& view, Instant now) {
  if (decision.action == Action::k_refuse) return std::nullopt;
  const Duration waited = now - request.waiting_since.value_or(now);
  const auto node = decision.node != k_no_node ? decision.node : view.primary();
  const Duration latency = node != k_no_node ? view.node(node).latency : Duration(0);
  return waited + decision.expected + latency;
}

}  // namespace

Choice choose(std::span<const Request> requests, consistency::Session& session,
              const topology::ClusterView& view, std::span<const NodeLoad> loads, Instant now) {
  CHECK(!requests.empty());
  for (std::size_t index = 0; index + 1 < requests.size(); ++index) {
    Request request = requests[index];
    request.wait_limit = std::min(request.wait_limit, request.within);
    request.barrier_wait_limit = std::min(request.barrier_wait_limit, request.within);
    request.primary_wait_limit = std::min(request.primary_wait_limit, request.within);
    const Decision decision = decide(request, session, view, loads, now);
    if (is_lost(decision.reason)) return {index, decision};
    const auto time = expected(decision, request, view, now);
    if (time && *time <= request.within) return {index, decision};
  }
  const std::size_t last = requests.size() - 1;
  return {last, decide(requests[last], session, view, loads, now)};
}

}  // namespace tidemark::routing
