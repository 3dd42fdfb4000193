// History: what happened in one run of the simulation, as those who took part could have written it
// down: who asked for what and when, which versions of which rows the answers showed, what became
// of transactions.
//
// A row's versions form a tree: a list, as long as no failover or crash takes some of it away. It
// is as if every row held the list of all that was ever written to it, and every read returned that
// list (as in Kingsbury and Alvaro, "Elle", VLDB 2020): one look tells what is missing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/instant.h"

namespace tidemark::simulation {

using Row = std::uint32_t;
constexpr std::uint32_t k_tables = 4;
constexpr std::uint32_t k_rows_per_table = 2;
constexpr std::uint32_t k_rows = k_tables * k_rows_per_table;
constexpr std::uint32_t table_of(Row row) { return row / k_rows_per_table; }

// A place in History::versions. The first k_rows are what the rows held at the beginning, in order.
using VersionId = std::uint32_t;
// A place in History::transactions. The first wrote what the rows held at the beginning.
using Txn = std::uint32_t;
constexpr Txn k_first_txn = 0;

using SessionId = std::uint32_t;
constexpr SessionId k_outsider = ~SessionId{0};  // who writes without asking the gateway

struct Version {
  Row row = 0;
  VersionId parent = 0;  // itself for the first ones
  Txn txn = k_first_txn;
};

struct Transaction {
  SessionId session = k_outsider;
  std::uint32_t reign = 0;
  bool logged = false;         // its commit record was written: it is no mere attempt
  Instant shown_at = k_never;  // when others could first see it on the primary that it was made on
  Instant lost_at = k_never;   // when a failover or a crash took it
  std::vector<VersionId> versions;
};

// One primary on one timeline. What outsiders write there counts for bounded and strong reads from
// when the gateway first knew of it.
struct Reign {
  Instant known_at = k_never;
};

// What a read was promised; the simulation's own words, so that the checker depends on nobody's.
struct Promised {
  bool writes = false;  // the session's earlier writes
  bool reads = false;   // what the session has read
  bool causal = false;  // and all that these depended on, in any table
  bool strong = false;
  Duration bound = Duration::max();

  friend bool operator==(const Promised&, const Promised&) = default;
};

struct Seen {
  Row row = 0;
  VersionId version = 0;
};

struct Operation {
  enum class Kind : std::uint8_t {
    k_statement,    // rows were read, or read and written
    k_commit,       // of `txn`
    k_told_writes,  // the session was told that its writes may be lost
    k_told_reads,   // or what it has read
    k_refused,      // an error of the gateway
    k_failed,       // an error of the server, or the connection broke
    k_hand_over,    // `other` was given all that the session required when it `began`
  };

  Kind kind = Kind::k_statement;
  SessionId session = 0;
  SessionId other = 0;
  Promised promised;

  // When the client sent the statement; when it had the answer.
  Instant began{};
  Instant ended{};
  // When the client sent the first statement of the transaction that this is part of. What is
  // promised to a transaction is what held by then.
  Instant transaction_began{};

  // The transaction, apart from all others; 0 for a statement of its own.
  std::uint32_t transaction = 0;
  bool one_snapshot = false;  // all statements of `transaction` read the same snapshot
  bool ends_transaction = false;

  // What it wrote under, if it did: its own versions are seen by it before anybody else does. Of
  // k_failed: what may have been committed all the same.
  Txn txn = k_first_txn;
  std::uint32_t first_seen = 0;  // in History::seen
  std::uint32_t seen_count = 0;

  // For the story only.
  std::uint32_t node = 0;
  bool on_primary = false;
  bool is_quiet = false;
  const char* note = "";
};

struct History {
  std::vector<Version> versions;
  std::vector<Transaction> transactions;
  std::vector<Reign> reigns;
  std::vector<Operation> operations;  // in the order of their ends
  std::vector<Seen> seen;

  History() {
    transactions.resize(1);
    transactions[0].logged = true;
    transactions[0].shown_at = Instant::min();
    reigns.resize(1);
    reigns[0].known_at = Instant::min();
    for (Row row = 0; row < k_rows; ++row) versions.push_back({row, row, k_first_txn});
  }

  Txn begin(SessionId session) {
    transactions.emplace_back().session = session;
    return static_cast<Txn>(transactions.size() - 1);
  }

  VersionId write(Row row, VersionId parent, Txn txn) {
    versions.push_back({row, parent, txn});
    const auto version = static_cast<VersionId>(versions.size() - 1);
    transactions[txn].versions.push_back(version);
    return version;
  }
};

}  // namespace tidemark::simulation
