// A small made-up run with its findings, for the tests of the reports: every section has something
// to say, and every number is easy to check by hand.
#pragma once

#include <string>
#include <utility>

#include "audit/report/report.h"

namespace tidemark::audit {

using std::chrono::microseconds;
using std::chrono::milliseconds;

struct Example {
  History history;
  Findings findings;

  Report report() const {
    return {&history, &findings, consistency::Level{}, "tidemark audit 'port=6432' --level session",
            "2026-01-02 03:04:05 UTC"};
  }

  // Session 0 on connection 1 of the first endpoint did something that began so many milliseconds
  // after the run and took so long.
  Operation& add(OperationKind kind, int started, microseconds took) {
    Operation operation;
    operation.kind = kind;
    operation.connection = 1;
    operation.started = milliseconds(started);
    operation.ended = milliseconds(started) + took;
    history.operations.push_back(std::move(operation));
    return history.operations.back();
  }

  // It read `rows` rows on this node (0: not known, 1: the primary, 2: a standby).
  Operation& add_read(int started, microseconds took, NodeId node, unsigned rows) {
    Operation& read = add(OperationKind::k_read, started, took);
    read.node = node;
    read.served_by = node == 0   ? ServedBy::k_unknown
                     : node == 1 ? ServedBy::k_primary
                                 : ServedBy::k_standby;
    for (RowId row = 0; row < rows; ++row) read.seen.push_back({row, 1, 1});
    return read;
  }

  Operation& add_write(int started, microseconds took, RowId row, Version version) {
    Operation& write = add(OperationKind::k_write, started, took);
    write.node = 1;
    write.puts.push_back({row, version, history.operations.size()});
    return write;
  }

  Verdict& verdict(Guarantee guarantee) {
    return findings.verdicts[static_cast<std::size_t>(guarantee)];
  }
};

inline void add_operations(Example& example) {
  example.add_write(0, microseconds(4000), 0, 1);                         // 0
  example.add_read(10, microseconds(900), 2, 1);                          // 1
  example.add_read(20, microseconds(1100), 2, 3);                         // 2
  example.add_read(30, microseconds(250), 1, 1);                          // 3
  example.add_read(40, microseconds(700), 0, 1);                          // 4
  Operation& snapshot = example.add_read(50, microseconds(12345), 2, 2);  // 5
  snapshot.kind = OperationKind::k_read_transaction;
  example.add_write(70, microseconds(3000), 3, 1);  // 6: an increment
  example.add_write(80, microseconds(5000), 4, 1);  // 7: an append
  Operation& lost = example.add_write(90, microseconds(200), 1, k_unknown_version);  // 8
  lost.outcome = Outcome::k_maybe;
  lost.error = "57P01 terminating connection due to administrator command";
  Operation& refused = example.add_read(100, microseconds(60'000), 0, 0);  // 9
  refused.outcome = Outcome::k_failed;
  refused.connection = 2;
  refused.error = "TM001 a failover may have lost something that this session wrote";
  refused.loss_declared = true;
  Operation& sent = example.add(OperationKind::k_hand_over, 200, microseconds(1));  // 10
  sent.message = 1;
  Operation& taken = example.add(OperationKind::k_take_over, 200, microseconds(50));  // 11
  taken.session = 1;
  taken.message = 1;
  Operation& late = example.add_read(1990, microseconds(10'000), 2, 1);  // 12
  late.session = 1;
  late.connection = 3;
  late.endpoint = 1;
}

inline void add_findings(Example& example) {
  for (std::size_t index = 0; index < k_guarantees; ++index) {
    Verdict verdict;
    verdict.guarantee = static_cast<Guarantee>(index);
    verdict.chances = 1000 * (index + 1);
    example.findings.verdicts.push_back(std::move(verdict));
  }
  Verdict& own = example.verdict(Guarantee::k_read_your_writes);
  own.violations = 1;
  own.times = {milliseconds(10) + microseconds(900)};
  own.examples = {{Guarantee::k_read_your_writes,
                   own.times[0],
                   {{0, "wrote register 7, version 1"}, {1, "read register 7, version 0"}},
                   "its own version 1, acknowledged 6.0 ms before, was missing"}};
  Verdict& causal = example.verdict(Guarantee::k_causal);
  causal.violations = 2;
  causal.chances = 3'000'000;
  causal.times = {milliseconds(300), milliseconds(2000)};
  example.verdict(Guarantee::k_bounded).chances = 0;
  for (int read = 0; read < 100; ++read) {
    const bool stale = read >= 95;
    example.findings.staleness.push_back(
        {milliseconds(20 * read), milliseconds(stale ? 10 * (read - 90) : 0), stale ? 2U : 0U});
  }
  example.findings.maybes = 3;
  example.findings.maybes_found = 1;
  example.findings.strongest = consistency::Level{consistency::Level::Kind::k_monotonic_reads};
}

inline Example example() {
  Example example;
  example.history.title = "reads from port=6432 and port=5503, writes to port=6432";
  for (std::uint32_t key = 7; key < 10; ++key) {
    example.history.rows.push_back({RowKind::k_register, key});
  }
  example.history.rows.push_back({RowKind::k_counter, 1});
  example.history.rows.push_back({RowKind::k_list, 1});
  example.history.endpoints = {"port=6432", "port=5503"};
  example.history.nodes = {"", "127.0.0.1:5501", "127.0.0.1:5502"};
  example.history.no_commits = "permission denied to use replication slots";
  example.history.events = {{std::chrono::seconds(1), "replay paused on standby 1"}};
  add_operations(example);
  add_findings(example);
  return example;
}

}  // namespace tidemark::audit
