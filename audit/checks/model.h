// Model: a history prepared for the checks. Who made which version of which row is looked up here,
// also where the writer itself never learnt it.
//
// A write without an answer took effect if something shows it: a read, the primary's log, the rows
// at the end. Then its interval is open: from when it was sent, acknowledged never.
//
// Pure. Thread rule: none; a built model does not change. It refers to the history.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "audit/history/history.h"
#include "base/result.h"

namespace tidemark::audit {

constexpr Duration k_unacknowledged = Duration::max();

// A session between two declared losses: what the guarantees of sessions hold within.
using LifeId = std::uint32_t;

// One version of one row and who made it.
struct Made {
  RowId row = 0;
  Version version = 0;
  WriteId writer = 0;
  OperationId operation = 0;
  Duration started{0};
  Duration ended = k_unacknowledged;

  bool acknowledged() const { return ended != k_unacknowledged; }
};

// Where an operation stands in its session's program.
struct Place {
  LifeId life = 0;
  std::uint32_t index = 0;  // within the life, from 1
};

class Model {
 public:
  // An error names the first thing that makes the history no history.
  static Result<Model> build(const History& history);

  const History& history() const { return *history_; }
  const Operation& operation(OperationId id) const { return history_->operations[id]; }

  Place place(OperationId id) const { return places_[id]; }
  std::size_t lives() const { return lives_; }

  // What is known of one row's versions, ascending; holes where nobody saw a version. Two writers
  // may share a version: then one of them was lost.
  std::span<const Made> chain(RowId row) const;

  // Of version 0: null. REQUIRES: some operation, commit or last state of the history names it.
  const Made* made(RowId row, Version version, WriteId writer) const;
  const Made* made(const Seen& seen) const { return made(seen.row, seen.version, seen.writer); }

  // Whoever made this version; null if nobody is known, or more than one: then some of them were
  // lost, and which of them the next version was made from cannot be told.
  const Made* only(RowId row, Version version) const;

  // The first one known after this version; null if none is.
  const Made* next(RowId row, Version version) const;

  // Who made the write of this id, and the first version it was known to have made.
  // REQUIRES: some operation did.
  OperationId operation_of(WriteId writer) const { return written_.at(writer).operation; }
  Version version_of(WriteId writer) const { return written_.at(writer).version; }

  // Of a put, also where RETURNING never arrived; k_unknown_version if nobody saw it.
  Version version_of(const Put& put) const;

  // Of a write: whether it is known to have happened.
  bool happened(OperationId id) const { return happened_[id]; }

  // The message of a k_take_over was sent by this operation.
  OperationId sent_by(const Operation& taken_over) const;

 private:
  struct Where;
  struct Written {
    OperationId operation = 0;
    RowId row = 0;
    Version version = k_unknown_version;
  };

  explicit Model(const History& history) : history_(&history) {}

  Result<void> note_operations();
  Result<void> note_operation(OperationId id);
  Result<void> note_message(OperationId id);
  Result<void> note_seen(RowId row, Version version, WriteId writer, const Where& where);
  Result<void> note_all_seen();
  Result<void> note_truth();
  Result<void> note_lists();
  Result<void> note_list(const ListSeen& list, const ListSeen*& longest,
                         const std::vector<Seen>& beside, const Where& where);
  void place_operations();
  void sort_chains();

  const History* history_;
  std::size_t lives_ = 0;
  std::vector<Place> places_;
  std::vector<bool> happened_;
  std::vector<Made> chains_;           // by row, version, writer
  std::vector<std::size_t> chain_at_;  // where the chain of a row begins in `chains_`; one more
  std::unordered_map<WriteId, Written> written_;
  std::unordered_map<std::uint32_t, OperationId> sent_;
};

// Whether the operation is one snapshot that was answered.
bool is_snapshot(const Operation& operation);

// Whether `saw` lacks what `version` by `writer` had brought to that row.
bool misses(const Seen& saw, Version version, WriteId writer);

}  // namespace tidemark::audit
