// The SQL by which the monitor observes a node, and what its answers mean.
//
// What never changes while a connection lives is asked once (facts). A sample is one message. Of a
// node of which nothing is known yet it has two statements, so that the second has a snapshot taken
// after the first has read its positions: first role, positions and timeline, the role decided once
// and everything else by it (anomaly F4), then the snapshot and, on a standby, which transactions
// of the Inquiry are in progress there. Once it is known what the node is it is asked for less, by
// statements that cost it about half.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

// As what a node is asked.
enum class Question : std::uint8_t {
  k_anything,
  k_primary,  // has been one on this connection, and so is one as long as that lives
  k_standby,  // has been one with a streaming WAL receiver, and may be something else by now
};

// A sample. `inquiry` is for a standby only; pass an empty one to a primary.
std::vector<PgLink::Execution> sample_of(const NodeFacts& facts, Question question,
                                         const topology::Inquiry& inquiry);

struct Observation {
  // Role, timeline, positions and snapshot; the caller knows the rest. Of the question k_primary
  // the timeline is 0: it is the one of the sample before. Nothing: the node is not what it was
  // asked as, so the answer tells nothing.
  std::optional<consistency::Sample> sample;
  Question next = Question::k_anything;
  // Of the question k_standby: which run of a WAL receiver streams. Empty: none, or it is not told.
  std::string receiver;
};

// `receiver_before`: of the sample before on this connection. What a standby has received bounds
// what it has shown only if the same receiver has run since before its replay position was read.
Result<Observation> read_sample(const std::vector<PgResult>& answer, const NodeFacts& facts,
                                Question question, std::string_view receiver_before);

}  // namespace tidemark::gateway
