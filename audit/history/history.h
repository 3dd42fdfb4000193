// History: what the sessions of one run wrote and read, and when, as a client could know it.
//
// Every row carries a version, counted up by each write to it, and the id of the write that made
// it. A write learns its version from RETURNING, a read sees both. So the order of the writes to
// one row is known and need not be inferred, and who wrote what a read saw is known as well.
//
// Plain values, pure. Thread rule: none; each session records into a History of its own, and they
// are joined at the end (recorder.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/instant.h"

namespace tidemark::audit {

using RowId = std::uint32_t;        // index into History::rows
using Version = std::uint64_t;      // of one row; 0 as the run began, 1 after the first write
using WriteId = std::uint64_t;      // one for each row written in the run; 0: nobody in the run
using OperationId = std::uint32_t;  // index into History::operations
using SessionId = std::uint16_t;    // index into the sessions of the run
using EndpointId = std::uint16_t;   // index into History::endpoints
using NodeId = std::uint16_t;       // index into History::nodes

constexpr Version k_unknown_version = ~Version{0};

// What is done to the row: a value replaced, one added to a number, an item appended to a list.
enum class RowKind : std::uint8_t { k_register, k_counter, k_list };

struct Row {
  RowKind kind = RowKind::k_register;
  std::uint32_t key = 0;

  friend bool operator==(const Row&, const Row&) = default;
};

// A read saw `row` as of `version`, which `writer` had made.
struct Seen {
  RowId row = 0;
  Version version = 0;
  WriteId writer = 0;

  friend bool operator==(const Seen&, const Seen&) = default;
};

// A write made `version` of `row`; k_unknown_version where the answer did not come.
struct Put {
  RowId row = 0;
  Version version = k_unknown_version;
  WriteId writer = 0;

  friend bool operator==(const Put&, const Put&) = default;
};

// The items of a list, oldest first: the ids of the writes that appended them.
struct ListSeen {
  RowId row = 0;
  std::vector<WriteId> items;

  friend bool operator==(const ListSeen&, const ListSeen&) = default;
};

enum class OperationKind : std::uint8_t {
  k_read,              // one statement: one snapshot
  k_read_transaction,  // several statements in one REPEATABLE READ READ ONLY transaction: likewise
  k_write,             // one transaction
  k_hand_over,         // a message to another session, sent outside of the database
  k_take_over,         // that message has arrived
};

// How the statement was sent.
enum class Protocol : std::uint8_t { k_simple, k_extended, k_prepared, k_pipelined };

enum class Outcome : std::uint8_t {
  k_ok,
  k_failed,  // an error answered it: it has certainly not happened
  k_maybe,   // no answer to a commit, or one that leaves it open: it may have happened
};

enum class ServedBy : std::uint8_t { k_unknown, k_primary, k_standby };

struct Operation {
  OperationKind kind = OperationKind::k_read;
  Protocol protocol = Protocol::k_simple;
  Outcome outcome = Outcome::k_ok;
  ServedBy served_by = ServedBy::k_unknown;
  SessionId session = 0;
  EndpointId endpoint = 0;
  NodeId node = 0;               // 0: not known
  std::uint32_t connection = 0;  // counted over the run: another one means that the session moved
  std::uint32_t message = 0;     // of k_hand_over and k_take_over: which message
  Duration started{0};           // since the run began, before the first byte was sent
  Duration ended{0};             // after the answer was read
  std::uint64_t xid = 0;         // of a write, where known
  // The endpoint said in so many words that the session may have lost something (SQLSTATE TM001,
  // TM002): from here on the session begins anew.
  bool loss_declared = false;
  std::vector<Seen> seen;
  std::vector<Put> puts;
  std::vector<ListSeen> lists;
  std::string error;  // "40001 could not ..." where there was one

  friend bool operator==(const Operation&, const Operation&) = default;
};

// One transaction as the primary's log has it.
struct Commit {
  std::uint64_t xid = 0;
  std::uint64_t lsn = 0;
  std::vector<Put> puts;

  friend bool operator==(const Commit&, const Commit&) = default;
};

// Something that was done to the cluster during the run, for the report.
struct Event {
  Duration at{0};
  std::string what;

  friend bool operator==(const Event&, const Event&) = default;
};

struct History {
  std::string title;  // what was audited, without secrets
  std::vector<Row> rows;
  std::vector<std::string> endpoints;  // without secrets
  std::vector<std::string> nodes;      // [0] is "": not known
  // In the order in which each session did them; sessions one behind another or interleaved.
  std::vector<Operation> operations;
  // In the order of the log; empty where that could not be had, and `no_commits` says why.
  std::vector<Commit> commits;
  std::string no_commits;
  // Every row as it was on the primary when all had stopped; empty if that could not be read.
  std::vector<Seen> last;
  std::vector<ListSeen> last_lists;
  std::vector<Event> events;

  friend bool operator==(const History&, const History&) = default;
};

}  // namespace tidemark::audit
