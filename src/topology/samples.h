// For tests: samples as verbs.
#pragma once

#include <vector>

#include "consistency/sample.h"

namespace tidemark::topology::testing {

inline Instant at(int ms) { return Instant(std::chrono::milliseconds(ms)); }

constexpr std::uint64_t k_system = 7;

// Of the first run of a server of its own, answered within a millisecond, with no transaction
// running.
inline consistency::Sample sample(consistency::NodeIndex node, int sent_ms) {
  consistency::Sample sample;
  sample.node = node;
  sample.postmaster_started_us = 1 + 1000 * node;
  sample.checkpointer_started_us = 1;
  sample.connection = 1;
  sample.system_identifier = k_system;
  sample.timeline = 1;
  sample.sent_at = at(sent_ms);
  sample.received_at = at(sent_ms + 1);
  sample.snapshot = {.xmin = 10, .xmax = 10, .running = {}};
  return sample;
}

inline consistency::Sample primary(consistency::NodeIndex node, int sent_ms, std::uint64_t lsn) {
  auto made = sample(node, sent_ms);
  made.role = consistency::Role::k_primary;
  made.insert = made.flush = {lsn};
  return made;
}

inline consistency::Sample standby(consistency::NodeIndex node, int sent_ms, std::uint64_t lsn) {
  auto made = sample(node, sent_ms);
  made.role = consistency::Role::k_standby;
  made.applied = made.reached = {lsn};
  return made;
}

inline consistency::Sample on_timeline(consistency::Sample sample, consistency::Timeline timeline) {
  sample.timeline = timeline;
  return sample;
}

inline consistency::Sample streaming(consistency::Sample sample) {
  sample.streams = true;
  return sample;
}

// Without a WAL receiver: of its timeline only bounds are known.
inline consistency::Sample at_most(consistency::Sample sample, consistency::Timeline timeline) {
  sample.timeline_at_most = timeline;
  return sample;
}

inline consistency::Sample restarted(consistency::Sample sample) {
  ++sample.postmaster_started_us;
  return sample;
}

inline consistency::Sample showing(consistency::Sample sample, consistency::Xid xmax,
                                   std::vector<consistency::Xid> running) {
  sample.snapshot = {.xmin = running.empty() ? xmax : running.front(),
                     .xmax = xmax,
                     .running = std::move(running)};
  return sample;
}

}  // namespace tidemark::topology::testing
