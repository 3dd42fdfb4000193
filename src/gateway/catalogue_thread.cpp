#include "gateway/catalogue_thread.h"

#include <libpq-fe.h>
#include <malloc.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "gateway/log.h"
#include "net/clock.h"

namespace tidemark::gateway {
namespace {

using namespace std::chrono_literals;

// How often a database's fingerprint is compared when nobody asks for it.
constexpr Duration k_recheck_interval = 1s;
// Pauses after failures, doubled each time; and after how long a database that cannot be had is
// forgotten until somebody requests it again.
constexpr Duration k_first_retry = 100ms;
constexpr Duration k_longest_retry = 30s;
constexpr Duration k_forget_after = 10min;
// After every look at the server, the next comes no sooner than so many times what that one took:
// however much DDL there is, the server spends at most a sixth of a core on it. Bounded, so that
// what is new is known soon.
constexpr int k_rest_factor = 5;
constexpr Duration k_longest_rest = 2s;
// The built-ins take megabytes, and are needed only to build catalogues: DDL comes in bursts.
constexpr Duration k_keep_built_ins = 1s;
// The longest that one query may take, connecting included.
constexpr Duration k_query_timeout = 15s;
// Users' DDL never waits for the loader: it would rather fail, and take no part in a deadlock.
constexpr const char* k_session_options =
    "-c search_path=pg_catalog -c jit=off -c lock_timeout=20ms -c statement_timeout=10s "
    "-c default_transaction_isolation=read\\ committed";
// Databases watched at a time; the statements of clients of others all go to the primary.
constexpr std::size_t k_max_databases = 256;

// Every transaction, with an id or without, holds a lock on its own name from its first statement
// on until what it has committed can be seen. Anyone may look.
constexpr const char* k_under_way_query =
    "SELECT DISTINCT virtualtransaction FROM pg_catalog.pg_locks "
    "WHERE locktype = 'virtualxid' AND pid <> pg_catalog.pg_backend_pid()";

routing::PrimaryRun primary_of(const topology::ClusterView& view) {
  if (!view.has_primary()) return {};
  return {view.primary(), view.node(view.primary()).incarnation};
}

sql::Catalogue::Rows rows_of(const PgResult& result) {
  sql::Catalogue::Rows rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    auto& values = rows[static_cast<std::size_t>(row)];
    values.reserve(static_cast<std::size_t>(PQnfields(result.get())));
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      if (is_null(result, row, column)) {
        values.emplace_back(std::nullopt);
      } else {
        values.emplace_back(std::string(field(result, row, column)));
      }
    }
  }
  return rows;
}

// The results that carry rows, in order.
std::vector<const PgResult*> row_results(const PgErrand::Answer& answer) {
  std::vector<const PgResult*> found;
  for (const PgResult& result : answer) {
    if (PQresultStatus(result.get()) == PGRES_TUPLES_OK) found.push_back(&result);
  }
  return found;
}

// Of one query that gives one row of two values.
Result<std::pair<std::string, std::string>> two_values(const PgErrand::Answer& answer) {
  const auto results = row_results(answer);
  if (results.size() != 1 || PQntuples(results[0]->get()) != 1 ||
      PQnfields(results[0]->get()) != 2) {
    return fail("the catalogue's fingerprint has an unexpected shape");
  }
  return std::pair{std::string(field(*results[0], 0, 0)), std::string(field(*results[0], 0, 1))};
}

}  // namespace

void CatalogueThread::request(std::string_view database) {
  {
    const std::scoped_lock lock(mutex_);
    const auto found = shared_.find(database);
    if (found != shared_.end() && found->second.wanted) return;
    if (found == shared_.end() && shared_.size() >= k_max_databases) return;
    Shared& shared = found != shared_.end() ? found->second : shared_[std::string(database)];
    shared.wanted = shared.check_now = true;
  }
  wakeup_.wake();
}

void CatalogueThread::invalidate(std::string_view database) {
  {
    const std::scoped_lock lock(mutex_);
    const auto found = shared_.find(database);
    if (found == shared_.end() || !found->second.wanted) return;
    found->second.check_now = true;
    ++found->second.doubts;
    version_.fetch_add(1, std::memory_order_release);
  }
  wakeup_.wake();
}

bool CatalogueThread::in_doubt(std::string_view database) const {
  const std::scoped_lock lock(mutex_);
  const auto found = shared_.find(database);
  return found != shared_.end() && found->second.doubts != found->second.cleared;
}

std::uint64_t CatalogueThread::doubts_of(const std::string& database) const {
  const std::scoped_lock lock(mutex_);
  const auto found = shared_.find(database);
  return found != shared_.end() ? found->second.doubts : 0;
}

// What had been invalidated so often has been looked at since, and is as before.
void CatalogueThread::clear_doubts(const std::string& database, std::uint64_t doubts) {
  {
    const std::scoped_lock lock(mutex_);
    const auto found = shared_.find(database);
    if (found == shared_.end() || found->second.cleared == doubts) return;
    found->second.cleared = doubts;
    version_.fetch_add(1, std::memory_order_release);
  }
  if (on_publish_) on_publish_();
}

void CatalogueThread::release(std::string_view database) {
  {
    const std::scoped_lock lock(mutex_);
    const auto found = shared_.find(database);
    if (found == shared_.end()) return;
    found->second.wanted = false;
  }
  wakeup_.wake();
}

std::shared_ptr<const sql::Catalogue> CatalogueThread::latest(std::string_view database) const {
  const std::scoped_lock lock(mutex_);
  const auto found = shared_.find(database);
  return found == shared_.end() ? nullptr : found->second.catalogue;
}

void CatalogueThread::ask_to_stop() {
  stopping_ = true;
  wakeup_.wake();
}

void CatalogueThread::run() {
  while (!stopping_) {
    take_requests(net::now());
    for (auto& [database, watched] : watched_) {
      if (!stopping_ && net::now() >= watched.due) check(database, watched);
    }
    std::erase_if(watched_, [&](const auto& entry) {
      const bool hopeless = entry.second.failing_since != k_never &&
                            net::now() - entry.second.failing_since > k_forget_after;
      if (hopeless) forget(entry.first);
      return hopeless;
    });
    drop_built_ins(net::now());
    sleep_until(next_deadline());
  }
}

// They lie between what stays, and would not go back to the system by themselves.
void CatalogueThread::drop_built_ins(Instant now) {
  if (built_ins_fingerprint_.empty() || now - built_ins_used_ < k_keep_built_ins) return;
  built_ins_ = {};
  built_ins_fingerprint_.clear();
  malloc_trim(0);
}

void CatalogueThread::take_requests(Instant now) {
  const std::scoped_lock lock(mutex_);
  for (auto& [database, shared] : shared_) {
    if (!shared.wanted) {
      watched_.erase(database);
      continue;
    }
    Watched& watched = watched_[database];
    if (std::exchange(shared.check_now, false)) watched.due = std::max(now, watched.rests_until);
  }
}

Instant CatalogueThread::next_deadline() const {
  Instant next = k_never;
  for (const auto& [database, watched] : watched_) next = std::min(next, watched.due);
  if (!built_ins_fingerprint_.empty()) next = std::min(next, built_ins_used_ + k_keep_built_ins);
  return next;
}

void CatalogueThread::sleep_until(Instant deadline) {
  if (std::exchange(woken_, false)) return;
  int timeout = -1;
  if (deadline != k_never) {
    const Duration left = std::max(deadline - net::now(), Duration::zero());
    timeout = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
  }
  pollfd entry{.fd = wakeup_.fd(), .events = POLLIN, .revents = 0};
  if (poll(&entry, 1, timeout) > 0) wakeup_.drain();
}

void CatalogueThread::check(const std::string& database, Watched& watched) {
  const bool first = watched.fingerprint.empty();
  asked_ = primary_of(*board_.latest());
  strayed_ = false;
  // First, as what they do may be DDL.
  if (writes_ != nullptr) look_for_strangers(database, watched);
  const Instant begun = net::now();
  const auto checked = refresh(database, watched);
  if (stopping_) return;
  if (checked && writes_ != nullptr) confirm(database, watched, begun);
  const Instant ended = net::now();
  // The first has connected, too, and read what need not be read again: it does not count.
  if (!first || !checked) {
    watched.rests_until = ended + std::min(k_rest_factor * (ended - begun), k_longest_rest);
  }
  if (!checked) {
    on_failure(database, watched, checked.error());
    return;
  }
  watched.reason.clear();
  watched.pause = Duration::zero();
  watched.failing_since = k_never;
  watched.due = std::max(ended + k_recheck_interval, watched.rests_until);
}

// A standby may not have the latest DDL, and knows nothing of what the primary has under way.
void CatalogueThread::confirm(const std::string& database, const Watched& watched, Instant begun) {
  if (asked_.node == consistency::k_no_node || strayed_) return;
  writes_->with([&](routing::TableWrites& writes) {
    writes.confirm(database, watched.version, asked_, begun);
  });
}

// Of the transactions that were under way when the primary was found. Without an answer the next
// check asks again.
void CatalogueThread::look_for_strangers(const std::string& database, Watched& watched) {
  const bool is_wanted = writes_->with(
      [this](const routing::TableWrites& writes) { return writes.has_strangers(asked_); });
  if (!is_wanted) return;
  const auto answer = ask(watched.errand, database, k_under_way_query);
  if (!answer || strayed_) return;
  const auto results = row_results(*answer);
  if (results.size() != 1) return;
  std::vector<std::string> under_way;
  for (int row = 0; row < PQntuples(results[0]->get()); ++row) {
    under_way.emplace_back(field(*results[0], row, 0));
  }
  writes_->with([&](routing::TableWrites& writes) {
    writes.look_for_strangers(asked_, under_way, net::now());
  });
}

// Loads the catalogue if it is not the one that the server has. The fingerprint comes first: what
// is committed while the rest is read shows in the next.
Result<void> CatalogueThread::refresh(const std::string& database, Watched& watched) {
  const Instant begun = net::now();
  const std::uint64_t doubts = doubts_of(database);
  const auto answer = ask(watched.errand, database, sql::k_catalogue_fingerprint_query);
  if (!answer) return std::unexpected(answer.error());
  const auto values = two_values(*answer);
  if (!values) return std::unexpected(values.error());
  const auto& [users, built_ins] = *values;
  std::string fingerprint = users + '/' + built_ins;
  if (fingerprint == watched.fingerprint) {
    clear_doubts(database, doubts);
    return {};
  }
  if (built_ins != built_ins_fingerprint_) {
    auto rows = ask_all(watched.errand, database, sql::CataloguePart::k_built_ins);
    if (!rows) return std::unexpected(rows.error());
    built_ins_ = std::move(*rows);
    built_ins_fingerprint_ = built_ins;
  }
  built_ins_used_ = net::now();
  const auto rows = ask_all(watched.errand, database, sql::CataloguePart::k_users);
  if (!rows) return std::unexpected(rows.error());
  auto built = sql::build_catalogue(++built_, built_ins_, *rows);
  if (!built) return std::unexpected(built.error());
  watched.fingerprint = std::move(fingerprint);
  watched.version = built_;
  publish(database, std::move(*built), doubts);
  log_info("catalogue_loaded",
           {{"database", database},
            {"took", std::chrono::floor<std::chrono::microseconds>(net::now() - begun)}});
  return {};
}

// One query after the other, each a transaction of its own.
Result<sql::CatalogueAnswers> CatalogueThread::ask_all(PgErrand& errand,
                                                       const std::string& database,
                                                       sql::CataloguePart part) {
  sql::CatalogueAnswers answers;
  const auto queries = sql::catalogue_queries(part);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto answer = ask(errand, database, queries[i]);
    if (!answer) return std::unexpected(answer.error());
    const auto results = row_results(*answer);
    if (results.size() != 1) return fail("the catalogue's answer has an unexpected shape");
    answers[i] = rows_of(*results[0]);
  }
  return answers;
}

void CatalogueThread::on_failure(const std::string& database, Watched& watched, const Error& why) {
  const Instant now = net::now();
  // What was loaded once grows old: a lock in the way is no reason to let it.
  const Duration longest = watched.fingerprint.empty() ? k_longest_retry : k_longest_rest;
  watched.pause = std::clamp(2 * watched.pause, k_first_retry, longest);
  watched.due = now + watched.pause;
  watched.failing_since = std::min(watched.failing_since, now);
  if (watched.reason == why.message) return;
  watched.reason = why.message;
  log_warning("catalogue_not_loaded", {{"database", database}, {"reason", why.message}});
}

void CatalogueThread::forget(const std::string& database) {
  {
    const std::scoped_lock lock(mutex_);
    shared_.erase(database);
    version_.fetch_add(1, std::memory_order_release);
  }
  log_info("catalogue_forgotten", {{"database", database}});
  if (on_publish_) on_publish_();
}

void CatalogueThread::publish(const std::string& database,
                              std::shared_ptr<const sql::Catalogue> catalogue,
                              std::uint64_t doubts) {
  {
    const std::scoped_lock lock(mutex_);
    const auto found = shared_.find(database);
    if (found == shared_.end()) return;
    found->second.catalogue.swap(catalogue);
    found->second.cleared = doubts;
    version_.fetch_add(1, std::memory_order_release);
  }
  if (on_publish_) on_publish_();
}

// Waits for the answer; gives up when asked to stop.
Result<PgErrand::Answer> CatalogueThread::ask(PgErrand& errand, const std::string& database,
                                              std::string sql) {
  const auto target = target_for(database, *board_.latest());
  if (!target) return std::unexpected(target.error());
  errand.start(*target, std::move(sql), net::now());
  while (true) {
    if (auto outcome = errand.advance(net::now())) return std::move(*outcome);
    std::array<pollfd, 2> entries{
        pollfd{.fd = errand.fd(), .events = errand.wanted_events(), .revents = 0},
        pollfd{.fd = wakeup_.fd(), .events = POLLIN, .revents = 0}};
    const Duration left = std::max(errand.deadline() - net::now(), Duration::zero());
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    if (poll(entries.data(), entries.size(), static_cast<int>(timeout)) <= 0) continue;
    if (entries[1].revents == 0) continue;
    wakeup_.drain();
    woken_ = true;
    if (stopping_) {
      errand.close();
      return fail("stopping");
    }
  }
}

// The primary; while there is none, any standby.
Result<ServerTarget> CatalogueThread::target_for(const std::string& database,
                                                 const topology::ClusterView& view) {
  strayed_ = strayed_ || primary_of(view) != asked_;
  const topology::NodeView* chosen = nullptr;
  if (view.has_primary()) {
    chosen = &view.node(view.primary());
  } else {
    const auto& nodes = view.nodes();
    const auto found = std::ranges::find_if(nodes, &topology::NodeView::admitted);
    if (found != nodes.end()) chosen = &*found;
  }
  if (chosen == nullptr) return fail("no node is admitted");
  ServerTarget target = ServerTarget::of(config_, *chosen->address);
  target.database = database;
  target.application_name = "tidemark catalogue";
  target.options = k_session_options;
  target.timeout = k_query_timeout;
  return target;
}

}  // namespace tidemark::gateway
