#include "simulation/server.h"

#include <algorithm>

namespace tidemark::simulation {
namespace {

constexpr std::uint64_t k_page_header = 24;
constexpr std::uint64_t k_segment_header = 40;
constexpr std::uint64_t k_usable_in_page = k_page_bytes - k_page_header;
constexpr std::uint64_t k_usable_in_segment =
    k_segment_bytes - k_segment_header - (k_segment_bytes / k_page_bytes - 1) * k_page_header;
constexpr std::uint64_t k_log_begins = 10 * k_usable_in_segment;

// As XLogBytePosToRecPtr and XLogBytePosToEndRecPtr (xlog.c): they differ where a page is full.
Lsn position_of(std::uint64_t bytes, bool as_end) {
  const std::uint64_t segment = bytes / k_usable_in_segment * k_segment_bytes;
  std::uint64_t left = bytes % k_usable_in_segment;
  if (left == 0) return {segment + (as_end ? 0 : k_segment_header)};
  const std::uint64_t in_first_page = k_page_bytes - k_segment_header;
  if (left < in_first_page || (as_end && left == in_first_page)) {
    return {segment + k_segment_header + left};
  }
  left -= in_first_page;
  const std::uint64_t page = segment + k_page_bytes + left / k_usable_in_page * k_page_bytes;
  left %= k_usable_in_page;
  if (left == 0) return {page + (as_end ? 0 : k_page_header)};
  return {page + k_page_header + left};
}

}  // namespace

void Replayed::apply(const Record& record, const History& history) {
  using Kind = Record::Kind;
  if (record.kind == Kind::k_data) return;
  if (record.kind == Kind::k_start) {
    all_over_below = std::max(all_over_below, record.xid);
    xmax = std::max(xmax, record.xid);
    return;
  }
  if (fates.size() <= record.xid) fates.resize(record.xid + 64);
  if (record.kind == Kind::k_prepare) {
    fates[record.xid] = Fate::k_prepared;
    prepared.emplace_back(record.txn, record.xid);
    return;
  }
  std::erase(prepared, std::pair(record.txn, record.xid));
  fates[record.xid] = Fate::k_over;
  xmax = std::max(xmax, record.xid + 1);
  if (record.kind != Kind::k_commit) return;
  for (const VersionId version : history.transactions[record.txn].versions) {
    rows[history.versions[version].row] = version;
  }
}

bool Replayed::is_running(Xid xid) const {
  const Fate fate = xid < fates.size() ? fates[xid] : Fate::k_none;
  return xid < xmax &&
         (fate == Fate::k_prepared || (fate == Fate::k_none && xid >= all_over_below));
}

void Server::append(Record::Kind kind, Xid xid, Txn txn, std::uint64_t bytes,
                    std::uint64_t serial) {
  const std::uint64_t before = log.empty() ? k_log_begins : log.back().end;
  log.push_back({kind, xid, txn, before + bytes, timeline, serial});
}

Server::Running* Server::find_running(Txn txn) {
  const auto found = std::ranges::find(running, txn, &Running::txn);
  return found == running.end() ? nullptr : &*found;
}

Server::Running& Server::enter(Txn txn) {
  if (Running* known = find_running(txn)) return *known;
  return running.emplace_back(Running{.txn = txn, .xid = next_xid++});
}

void Server::leave(Txn txn, bool committed, const History& history) {
  const auto found = std::ranges::find(running, txn, &Running::txn);
  latest_completed = std::max(latest_completed, found->xid);
  running.erase(found);
  for (const VersionId version : history.transactions[txn].versions) {
    const Row row = history.versions[version].row;
    if (committed) shown[row] = version;
    if (locks[row] == txn) locks[row] = k_first_txn;
  }
}

void Server::replay_one(const History& history) { replayed.apply(log[replayed_count++], history); }

void Server::replay_again(std::size_t records, const History& history) {
  replayed = {};
  replayed_count = 0;
  while (replayed_count < records) replay_one(history);
  reported = replayed_count;
  restart_point = std::clamp<std::size_t>(restart_point, 1, std::max<std::size_t>(records, 1));
}

void Server::recover(const History& history, std::uint64_t serial) {
  replay_again(log.size(), history);
  shown = replayed.rows;
  running.clear();
  locks = {};
  next_xid = replayed.all_over_below;
  for (const Record& record : log) next_xid = std::max(next_xid, record.xid + 1);
  for (const auto& [txn, xid] : replayed.prepared) {
    running.push_back({.txn = txn, .xid = xid, .prepared = true});
    for (const VersionId version : history.transactions[txn].versions) {
      locks[history.versions[version].row] = txn;
    }
  }
  latest_completed = next_xid - 1;
  append(Record::Kind::k_start, next_xid, k_first_txn, 104, serial);
  flushed = log.size();
}

Lsn Server::end_of(std::size_t records) const {
  return position_of(records == 0 ? k_log_begins : log[records - 1].end, true);
}

Lsn Server::insert_position() const { return position_of(log.back().end, false); }

std::size_t common(const Server& one, const Server& other) {
  std::size_t low = 0;
  std::size_t high = std::min(one.log.size(), other.log.size());
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (one.log[middle].serial == other.log[middle].serial) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace tidemark::simulation
