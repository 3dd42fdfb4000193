// Recorder: writes operations into the history, and counts what happened.
#pragma once

#include <span>

#include "simulation/history.h"

namespace tidemark::simulation {

struct Tally {
  std::uint64_t operations = 0;
  std::uint64_t on_standby = 0;  // statements that a standby served
  std::uint64_t on_primary = 0;
  std::uint64_t quiet = 0;  // of those on standbys, because nobody had written the tables since
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;
  std::uint64_t told = 0;

  Tally& operator+=(const Tally& other) {
    operations += other.operations;
    on_standby += other.on_standby;
    on_primary += other.on_primary;
    quiet += other.quiet;
    refused += other.refused;
    failed += other.failed;
    told += other.told;
    return *this;
  }
};

class Recorder {
 public:
  explicit Recorder(History& history) : history_(history) {}

  // Ends the operation; to be called in the order of time.
  void add(Operation operation, std::span<const Seen> seen = {}) {
    operation.first_seen = static_cast<std::uint32_t>(history_.seen.size());
    operation.seen_count = static_cast<std::uint32_t>(seen.size());
    history_.seen.insert(history_.seen.end(), seen.begin(), seen.end());
    history_.operations.push_back(operation);
    count(operation);
  }

  std::uint32_t new_transaction() { return ++transactions_; }
  const Tally& tally() const { return tally_; }

 private:
  void count(const Operation& operation) {
    using Kind = Operation::Kind;
    ++tally_.operations;
    switch (operation.kind) {
      case Kind::k_statement:
        ++(operation.on_primary ? tally_.on_primary : tally_.on_standby);
        if (operation.is_quiet) ++tally_.quiet;
        break;
      case Kind::k_told_reads:
      case Kind::k_told_writes:
        ++tally_.told;
        break;
      case Kind::k_refused:
        ++tally_.refused;
        break;
      case Kind::k_failed:
        ++tally_.failed;
        break;
      case Kind::k_commit:
      case Kind::k_hand_over:
        break;
    }
  }

  History& history_;
  Tally tally_;
  std::uint32_t transactions_ = 0;
};

}  // namespace tidemark::simulation
