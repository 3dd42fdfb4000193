// The SQL by which the monitor observes a node, and what its answers mean.
//
// What never changes while a connection lives is asked once (facts). A sample is one message of two
// statements, so that the second has a snapshot taken after the first has read its positions:
// first role, positions and timeline, the role decided once and everything else by it (anomaly F4),
// then the snapshot and, on a standby, which transactions of the Inquiry are in progress there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "consistency/sample.h"
#include "gateway/pg_link.h"
#include "topology/barrier.h"

namespace tidemark::gateway {

struct NodeFacts {
  std::uint64_t system_identifier = 0;
  std::int64_t postmaster_started_us = 0;
  std::int64_t checkpointer_started_us = 0;  // 0: the monitor's login may not see it
  std::uint64_t wal_block_size = 0;
  std::uint64_t wal_segment_size = 0;
  bool lists_log = false;  // the monitor's login may list the files of the log
};

// Session settings of the monitor's connections, for ServerTarget::options.
std::string sampling_options(Duration timeout);

// One message: asks for the facts, and prepares what samples execute.
std::string facts_sql();
Result<NodeFacts> read_facts(const std::vector<PgResult>& answer);

// A sample. `inquiry` is for a standby only; pass an empty one to a primary.
std::vector<PgLink::Execution> sample_of(const NodeFacts& facts, const topology::Inquiry& inquiry);

// Fills in role, timeline, positions and snapshot; the caller knows the rest.
Result<consistency::Sample> read_sample(const std::vector<PgResult>& answer,
                                        const NodeFacts& facts);

}  // namespace tidemark::gateway
