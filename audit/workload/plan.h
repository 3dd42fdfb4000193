// Plan: what one session does next. Pure: the same workload, seed and session give the same plan,
// whatever the endpoints answer (but for what the session is told of lists and by others).
#pragma once

#include <array>
#include <vector>

#include "audit/options.h"
#include "base/random.h"

namespace tidemark::audit {

enum class Act : std::uint8_t {
  k_read_one,
  k_read_many,
  k_read_transaction,
  k_write,  // one transaction over one or more rows, of any kinds
};

struct Task {
  Act act = Act::k_read_one;
  Protocol protocol = Protocol::k_simple;
  std::vector<RowId> rows;  // ascending, so that transactions cannot wait for each other in a ring
  bool items = false;       // a read of a list asks for what is in it
  bool reconnect = false;   // move to a new connection first
  bool hand_over = false;   // tell another session of it afterwards
  SessionId whom = 0;
};

class Plan {
 public:
  Plan(const Workload& workload, SessionId session);

  Task next();

  // A read of just these rows: what another session has told of.
  Task look(std::vector<RowId> rows);

  // The session has written or seen this row: it will look at it again.
  void used(RowId row);

  // A list that is so long is not appended to any more.
  void length_is(RowId row, std::uint64_t length);

  RowId row(RowKind kind, std::uint32_t key) const;
  RowKind kind(RowId row) const;

 private:
  static constexpr std::size_t k_recent = 8;
  static constexpr std::uint64_t k_longest_list = 200;

  Protocol protocol();
  std::uint32_t key();
  RowKind any_kind();
  RowId any_row();
  RowId row_to_read();
  std::vector<RowId> rows_to_read();
  std::vector<RowId> rows_to_write(unsigned chosen);

  Workload workload_;
  SessionId session_;
  Random random_;
  std::vector<double> shares_;         // of keys: cumulative, up to 1
  std::vector<std::uint32_t> places_;  // which key has which share
  std::vector<RowId> recent_;
  std::size_t oldest_ = 0;
  std::vector<bool> full_;  // lists
};

// Every row of a run: registers, counters, lists, `keys` of each. RowId is the index.
std::vector<Row> all_rows(unsigned keys);

}  // namespace tidemark::audit
