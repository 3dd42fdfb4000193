// Which of several ways to serve a read is used: the first that is expected to meet its limit.
#pragma once

#include <cstddef>
#include <span>

#include "routing/router.h"

namespace tidemark::routing {

struct Choice {
  std::size_t index = 0;  // of the request that was chosen
  Decision decision;
};

// Decides each of the requests, the most wanted first, and takes the first whose answer is expected
// to be there within its limit (Request::within), counted from its arrival: the time to wait, and
// the latency of the node as the monitor measures it. Where none is, the last request is taken as
// it is. Ask again on k_wait, as for decide(): time that has passed may change the choice.
// REQUIRES: at least one request; all have the same waiting_since.
Choice choose(std::span<const Request> requests, consistency::Session& session,
              const topology::ClusterView& view, std::span<const NodeLoad> loads, Instant now);

}  // namespace tidemark::routing
