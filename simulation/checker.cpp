#include "simulation/checker.h"

#include <algorithm>
#include <array>
#include <span>
#include <unordered_map>

#include "simulation/lineage.h"
#include "simulation/story.h"

namespace tidemark::simulation {
namespace {

using Kind = Operation::Kind;

// The latest version of each row that somebody must see, and the operation it comes from.
struct Need {
  VersionId version = 0;
  std::uint32_t from = 0;
};

struct Needs : std::array<Need, k_rows> {
  Needs() {
    for (Row row = 0; row < k_rows; ++row) (*this)[row] = {row, 0};
  }
};

// What one session, or its copy at one instant, must see.
struct Required {
  Needs written;
  Needs read;
  Needs causal;
};

struct Memory {
  Required required;
  Instant told_of_writes = Instant::min();
  Instant told_of_reads = Instant::min();
};

// How things stood when the transaction of an operation began.
struct Before {
  Required required;
  std::array<std::uint32_t, k_rows> established{};
};

// What the earlier statements of a transaction saw; no version is ~0.
struct Together {
  std::array<VersionId, k_rows> seen;
  Together() { seen.fill(~VersionId{0}); }
};

class Sweep {
 public:
  Sweep(const History& history, std::size_t limit)
      : history_(history),
        limit_(limit),
        lineage_(history),
        follows_(history.transactions.size()) {}

  std::vector<Violation> run();

 private:
  void prepare();
  void begin(std::uint32_t index);
  void end(std::uint32_t index);
  void statement(const Operation& operation, const Before& before);
  void check_row(const Operation& operation, const Before& before, Seen seen);
  void check_transaction(const Operation& operation, Seen seen);
  void check_whole(const Operation& operation);
  void check_pair(const Operation& operation, Seen one, Seen other);
  void remember_seen(const Operation& operation);
  void remember_written(const Operation& operation);
  void hand_over(const Operation& operation);
  void establish(Row row, VersionId version);

  std::span<const Seen> seen_by(const Operation& operation) const {
    return {history_.seen.data() + operation.first_seen, operation.seen_count};
  }
  const Transaction& transaction_of(VersionId version) const {
    return history_.transactions[history_.versions[version].txn];
  }
  bool is_own(const Operation& operation, VersionId version) const {
    return operation.txn != k_first_txn && history_.versions[version].txn == operation.txn;
  }
  bool is_lost(VersionId version, Instant by) const {
    return transaction_of(version).lost_at <= by;
  }
  Memory& memory_of(SessionId session);
  void raise(Needs& needs, Row row, Need with, bool keep_lost);
  void raise_all(Needs& needs, const Needs& with, bool keep_lost);
  void drop_lost(Needs& needs, Instant by);
  void require(const Operation& operation, Breach breach, Seen seen, Need need);
  void convict(const Operation& operation, Breach breach, Seen seen, Need need);

  const History& history_;
  const std::size_t limit_;
  const Lineage lineage_;
  std::vector<Needs> follows_;  // by Txn: itself, and what it must not be seen without
  std::vector<std::uint32_t> begins_;
  std::vector<VersionId> shown_;  // by when bounded and strong reads owe them
  std::array<std::vector<VersionId>, k_rows> shown_of_row_;
  std::array<std::vector<VersionId>, k_rows> established_;
  std::vector<Memory> memories_;
  std::unordered_map<std::uint32_t, Before> in_flight_;
  std::unordered_map<std::uint32_t, Together> together_;
  std::vector<Violation> violations_;
};

// When what it wrote became a matter for bounded and strong reads.
Instant due(const History& history, VersionId version) {
  const Txn txn = history.versions[version].txn;
  if (txn == k_first_txn) return Instant::min();
  const Transaction& transaction = history.transactions[txn];
  return std::max(transaction.shown_at, history.reigns[transaction.reign].known_at);
}

void Sweep::prepare() {
  begins_.resize(history_.operations.size());
  for (std::uint32_t index = 0; index < begins_.size(); ++index) begins_[index] = index;
  std::ranges::stable_sort(begins_, {}, [this](std::uint32_t index) {
    return history_.operations[index].transaction_began;
  });
  for (VersionId id = k_rows; id < history_.versions.size(); ++id) {
    if (due(history_, id) != k_never) shown_.push_back(id);
    follows_[history_.versions[id].txn][history_.versions[id].row] = {id, 0};
  }
  std::ranges::stable_sort(shown_, {}, [this](VersionId id) { return due(history_, id); });
  for (Row row = 0; row < k_rows; ++row) established_[row] = shown_of_row_[row] = {row};
  for (const VersionId id : shown_) shown_of_row_[history_.versions[id].row].push_back(id);
}

// In the order of time; what ended at an instant came before what began then.
std::vector<Violation> Sweep::run() {
  prepare();
  auto next_begin = begins_.begin();
  auto next_shown = shown_.begin();
  const auto began = [this](std::uint32_t index) {
    return history_.operations[index].transaction_began;
  };
  const auto advance = [&](Instant to) {
    while (next_begin != begins_.end() && began(*next_begin) < to) {
      while (next_shown != shown_.end() && due(history_, *next_shown) < began(*next_begin)) {
        establish(history_.versions[*next_shown].row, *next_shown);
        ++next_shown;
      }
      begin(*next_begin++);
    }
  };
  for (std::uint32_t index = 0; index < history_.operations.size(); ++index) {
    if (violations_.size() >= limit_) break;
    advance(history_.operations[index].ended);
    if (!in_flight_.contains(index)) advance(history_.operations[index].ended + Duration(1));
    end(index);
  }
  return std::move(violations_);
}

Memory& Sweep::memory_of(SessionId session) {
  if (session >= memories_.size()) memories_.resize(session + 1);
  return memories_[session];
}

void Sweep::establish(Row row, VersionId version) {
  auto& line = established_[row];
  if (!lineage_.covers(line.back(), version)) line.push_back(version);
}

void Sweep::begin(std::uint32_t index) {
  const Operation& operation = history_.operations[index];
  Before& before = in_flight_[index];
  before.required = memory_of(operation.session).required;
  for (Row row = 0; row < k_rows; ++row) {
    before.established[row] = static_cast<std::uint32_t>(established_[row].size());
  }
  if (operation.txn == k_first_txn) return;
  // Whatever is written from here on must not be seen without these. What the session has read
  // binds its writes only as far as it asked for that.
  Needs& follows = follows_[operation.txn];
  raise_all(follows, before.required.written, false);
  if (operation.promised.causal) raise_all(follows, before.required.causal, false);
  if (!operation.promised.reads) return;
  for (const Seen seen : seen_by(operation)) {
    for (Row row = 0; row < k_rows; ++row) {
      if (table_of(row) != table_of(seen.row)) continue;
      raise(follows, row, before.required.read[row], false);
    }
  }
}

void Sweep::end(std::uint32_t index) {
  const Operation& operation = history_.operations[index];
  const Before before = in_flight_.at(index);
  in_flight_.erase(index);
  Memory& memory = memory_of(operation.session);
  switch (operation.kind) {
    case Kind::k_statement:
      statement(operation, before);
      remember_seen(operation);
      break;
    case Kind::k_told_writes:
      // Whoever knows that writes may be lost knows that anything may.
      drop_lost(memory.required.written, operation.ended);
      memory.told_of_writes = operation.ended;
      [[fallthrough]];
    case Kind::k_told_reads:
      drop_lost(memory.required.read, operation.ended);
      drop_lost(memory.required.causal, operation.ended);
      memory.told_of_reads = operation.ended;
      break;
    case Kind::k_hand_over:
      raise_all(memory_of(operation.other).required.written, before.required.written, true);
      raise_all(memory_of(operation.other).required.read, before.required.read, true);
      raise_all(memory_of(operation.other).required.causal, before.required.causal, false);
      break;
    case Kind::k_commit:
    case Kind::k_failed:
    case Kind::k_refused:
      break;
  }
  if (!operation.ends_transaction) return;
  remember_written(operation);
  together_.erase(operation.transaction);
}

// Of two versions on branches that have parted one is lost. A session's own requirements keep the
// lost one: it must be told of that first.
void Sweep::raise(Needs& needs, Row row, Need with, bool keep_lost) {
  Need& have = needs[row];
  if (lineage_.covers(have.version, with.version)) return;
  const bool parted = !lineage_.covers(with.version, have.version);
  const bool have_is_lost = transaction_of(have.version).lost_at != k_never;
  if (parted && have_is_lost == keep_lost) return;
  have = with;
}

// What is not lost stays required of who was told.
void Sweep::drop_lost(Needs& needs, Instant by) {
  for (Need& need : needs) {
    while (is_lost(need.version, by)) need.version = history_.versions[need.version].parent;
  }
}

void Sweep::raise_all(Needs& needs, const Needs& with, bool keep_lost) {
  for (Row row = 0; row < k_rows; ++row) raise(needs, row, with[row], keep_lost);
}

void Sweep::convict(const Operation& operation, Breach breach, Seen seen, Need need) {
  if (violations_.size() >= limit_) return;
  const auto index = static_cast<std::size_t>(&operation - history_.operations.data());
  violations_.push_back(
      {breach, index, story(history_, {breach, index, need.from, seen, need.version})});
}

void Sweep::require(const Operation& operation, Breach breach, Seen seen, Need need) {
  if (!lineage_.covers(seen.version, need.version)) convict(operation, breach, seen, need);
}

void Sweep::check_row(const Operation& operation, const Before& before, Seen seen) {
  const Promised& promised = operation.promised;
  const Memory& memory = memory_of(operation.session);
  const Row row = seen.row;
  if (promised.writes && memory.told_of_writes < operation.transaction_began) {
    require(operation, Breach::k_own_write, seen, before.required.written[row]);
  }
  if (promised.reads && memory.told_of_reads < operation.transaction_began) {
    require(operation, Breach::k_earlier_read, seen, before.required.read[row]);
  }
  if (promised.causal && memory.told_of_reads < operation.transaction_began &&
      !is_lost(before.required.causal[row].version, operation.ended)) {
    require(operation, Breach::k_causal, seen, before.required.causal[row]);
  }
  if (promised.bound != Duration::max()) {
    const auto& shown = shown_of_row_[row];
    const Instant limit = operation.transaction_began - promised.bound;
    auto end = std::ranges::upper_bound(shown, limit, {},
                                        [this](VersionId id) { return due(history_, id); });
    while (is_lost(*(end - 1), operation.ended)) --end;
    require(operation, Breach::k_bound, seen, {*(end - 1), 0});
  }
  if (promised.strong) {
    auto place = before.established[row];
    while (is_lost(established_[row][place - 1], operation.ended)) --place;
    require(operation, Breach::k_strong, seen, {established_[row][place - 1], 0});
  }
}

void Sweep::check_transaction(const Operation& operation, Seen seen) {
  VersionId& known = together_[operation.transaction].seen[seen.row];
  if (known != ~VersionId{0}) {
    const bool same = !operation.one_snapshot || known == seen.version;
    if (!same || !lineage_.covers(seen.version, known)) {
      convict(operation, Breach::k_snapshot, seen, {known, 0});
    }
  }
  known = seen.version;
}

void Sweep::check_pair(const Operation& operation, Seen one, Seen other) {
  const Need need = follows_[history_.versions[one.version].txn][other.row];
  // On a branch that was left behind and came back other laws hold.
  if (is_lost(need.version, operation.ended) || is_lost(one.version, operation.ended)) return;
  require(operation, Breach::k_torn, other, need);
}

// Whoever sees a transaction sees all of it, and what it follows.
void Sweep::check_whole(const Operation& operation) {
  const auto seen = seen_by(operation);
  const auto* earlier = operation.transaction != 0 && operation.one_snapshot
                            ? &together_[operation.transaction].seen
                            : nullptr;
  for (const Seen one : seen) {
    if (is_own(operation, one.version)) continue;
    for (const Seen other : seen) check_pair(operation, one, other);
    if (earlier == nullptr) continue;
    for (Row row = 0; row < k_rows; ++row) {
      const VersionId version = (*earlier)[row];
      if (version == ~VersionId{0}) continue;
      check_pair(operation, one, {row, version});
      if (!is_own(operation, version)) check_pair(operation, {row, version}, one);
    }
  }
}

void Sweep::statement(const Operation& operation, const Before& before) {
  for (const Seen seen : seen_by(operation)) {
    if (is_own(operation, seen.version)) continue;
    if (!transaction_of(seen.version).logged) {
      convict(operation, Breach::k_aborted, seen, {seen.version, 0});
    }
    check_row(operation, before, seen);
    if (operation.transaction != 0) check_transaction(operation, seen);
  }
  check_whole(operation);
}

void Sweep::remember_seen(const Operation& operation) {
  const auto index = static_cast<std::uint32_t>(&operation - history_.operations.data());
  Required& required = memory_of(operation.session).required;
  for (const Seen seen : seen_by(operation)) {
    if (is_own(operation, seen.version)) continue;
    const Need need{seen.version, index};
    raise(required.read, seen.row, need, true);
    raise(required.causal, seen.row, need, false);
    raise_all(required.causal, follows_[history_.versions[seen.version].txn], false);
    if (operation.txn != k_first_txn) raise(follows_[operation.txn], seen.row, need, false);
    if (operation.promised.strong) establish(seen.row, seen.version);
  }
}

// Also where the outcome never was told (anomaly P8): what others could see by then the session has
// written.
void Sweep::remember_written(const Operation& operation) {
  if (operation.txn == k_first_txn) return;
  const Transaction& transaction = history_.transactions[operation.txn];
  if (transaction.shown_at > operation.ended) return;
  const auto index = static_cast<std::uint32_t>(&operation - history_.operations.data());
  Required& required = memory_of(operation.session).required;
  for (const VersionId version : transaction.versions) {
    const Row row = history_.versions[version].row;
    raise(required.written, row, {version, index}, true);
    raise(required.causal, row, {version, index}, false);
  }
  raise_all(required.causal, follows_[operation.txn], false);
}

}  // namespace

const char* to_string(Breach breach) {
  switch (breach) {
    case Breach::k_own_write:
      return "a write of its own is missing";
    case Breach::k_earlier_read:
      return "what it has read is missing";
    case Breach::k_causal:
      return "what it depends on is missing";
    case Breach::k_bound:
      return "it is staler than its bound";
    case Breach::k_strong:
      return "what was there before it began is missing";
    case Breach::k_snapshot:
      return "its transaction has seen something else";
    case Breach::k_torn:
      return "a transaction is seen without all that belongs to it";
    case Breach::k_aborted:
      return "what it saw was never committed";
  }
  return "";
}

std::vector<Violation> check(const History& history, std::size_t limit) {
  return Sweep(history, limit).run();
}

}  // namespace tidemark::simulation
