#include "audit/workload/plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tidemark::audit {
namespace {

// A number in [0, 1).
double fraction(Random& random) {
  constexpr double k_unit = 1.0 / (std::uint64_t{1} << 53);
  return static_cast<double>(random.next() >> 11) * k_unit;
}

// Of each of `keys` places, the share of what is chosen that falls on it or on one before it: the
// n-th is chosen in proportion to 1 / n^skew (Zipf).
std::vector<double> cumulative_shares(unsigned keys, double skew) {
  std::vector<double> shares(keys);
  double sum = 0;
  for (unsigned at = 0; at < keys; ++at) shares[at] = sum += std::pow(at + 1.0, -skew);
  for (double& share : shares) share /= sum;
  return shares;
}

constexpr double k_hand_over_chance = 0.2;
constexpr double k_items_chance = 0.25;

}  // namespace

std::vector<Row> all_rows(unsigned keys) {
  std::vector<Row> rows;
  for (const RowKind kind : {RowKind::k_register, RowKind::k_counter, RowKind::k_list}) {
    for (std::uint32_t key = 0; key < keys; ++key) rows.push_back({.kind = kind, .key = key});
  }
  return rows;
}

Plan::Plan(const Workload& workload, SessionId session)
    : workload_(workload),
      session_(session),
      random_(Random(workload.seed).next() ^ (session + 1) * 0x9E3779B97F4A7C15),
      shares_(cumulative_shares(workload.keys, workload.skew)),
      places_(workload.keys),
      full_(3 * std::size_t{workload.keys}) {
  // The keys that are used most lie scattered, and are the same for all sessions.
  std::iota(places_.begin(), places_.end(), 0U);
  Random scatter(workload.seed);
  for (std::size_t at = places_.size(); at > 1; --at) {
    std::swap(places_[at - 1], places_[scatter.below(at)]);
  }
}

RowId Plan::row(RowKind kind, std::uint32_t key) const {
  return static_cast<RowId>(kind) * workload_.keys + key;
}

RowKind Plan::kind(RowId row) const { return static_cast<RowKind>(row / workload_.keys); }

Protocol Plan::protocol() { return workload_.protocols[random_.below(workload_.protocols.size())]; }

std::uint32_t Plan::key() {
  const auto found = std::ranges::upper_bound(shares_, fraction(random_));
  const auto place = std::min<std::ptrdiff_t>(found - shares_.begin(), std::ssize(shares_) - 1);
  return places_[static_cast<std::size_t>(place)];
}

// As often as each kind is written, so that reads find what was written.
RowKind Plan::any_kind() {
  const Mix& mix = workload_.mix;
  const std::uint64_t sum = mix.write + mix.increment + mix.append;
  if (sum == 0) return static_cast<RowKind>(random_.below(3));
  const std::uint64_t chosen = random_.below(sum);
  if (chosen < mix.write) return RowKind::k_register;
  return chosen < mix.write + mix.increment ? RowKind::k_counter : RowKind::k_list;
}

RowId Plan::any_row() {
  const RowKind chosen = any_kind();
  return row(chosen, key());
}

RowId Plan::row_to_read() {
  if (!recent_.empty() && random_.chance(workload_.own_share)) {
    return recent_[random_.below(recent_.size())];
  }
  return any_row();
}

std::vector<RowId> Plan::rows_to_read() {
  const unsigned most = std::max(2U, workload_.transaction_size);
  const std::uint64_t wanted = 2 + random_.below(most - 1);
  std::vector<RowId> rows;
  for (std::uint64_t at = 0; at < wanted; ++at) rows.push_back(row_to_read());
  std::ranges::sort(rows);
  rows.erase(std::ranges::unique(rows).begin(), rows.end());
  return rows;
}

std::vector<RowId> Plan::rows_to_write(unsigned chosen) {
  const Mix& mix = workload_.mix;
  std::vector<RowId> rows;
  if (chosen < mix.write) {
    // Half of the transactions write one row.
    std::uint64_t wanted = 1;
    if (workload_.transaction_size > 1 && random_.chance(0.5)) {
      wanted = 2 + random_.below(workload_.transaction_size - 1);
    }
    rows.push_back(row(RowKind::k_register, key()));
    while (rows.size() < wanted) rows.push_back(any_row());
  } else {
    rows.push_back(
        row(chosen < mix.write + mix.increment ? RowKind::k_counter : RowKind::k_list, key()));
  }
  for (RowId& id : rows) {
    if (full_[id]) id %= workload_.keys;  // the register with the same key
  }
  std::ranges::sort(rows);
  rows.erase(std::ranges::unique(rows).begin(), rows.end());
  return rows;
}

Task Plan::next() {
  const Mix& mix = workload_.mix;
  Task task;
  task.protocol = protocol();
  task.reconnect = random_.chance(workload_.reconnects);
  if (workload_.handoff && workload_.sessions > 1 && random_.chance(k_hand_over_chance)) {
    task.hand_over = true;
    task.whom = static_cast<SessionId>(random_.below(workload_.sessions - 1));
    if (task.whom >= session_) ++task.whom;
  }
  const unsigned reads = mix.read_one + mix.read_many + mix.read_transaction;
  const auto chosen =
      static_cast<unsigned>(random_.below(reads + mix.write + mix.increment + mix.append));
  if (chosen >= reads) {
    task.act = Act::k_write;
    task.rows = rows_to_write(chosen - reads);
  } else if (chosen < mix.read_one) {
    task.rows = {row_to_read()};
    task.items = random_.chance(k_items_chance);
  } else {
    task.act = chosen < mix.read_one + mix.read_many ? Act::k_read_many : Act::k_read_transaction;
    task.rows = rows_to_read();
  }
  return task;
}

Task Plan::look(std::vector<RowId> rows) {
  Task task;
  task.protocol = protocol();
  task.act = rows.size() == 1 ? Act::k_read_one : Act::k_read_many;
  std::ranges::sort(rows);
  task.rows = std::move(rows);
  return task;
}

void Plan::used(RowId row) {
  if (std::ranges::find(recent_, row) != recent_.end()) return;
  if (recent_.size() < k_recent) {
    recent_.push_back(row);
  } else {
    recent_[oldest_++ % k_recent] = row;
  }
}

void Plan::length_is(RowId row, std::uint64_t length) {
  if (length >= k_longest_list) full_[row] = true;
}

}  // namespace tidemark::audit
