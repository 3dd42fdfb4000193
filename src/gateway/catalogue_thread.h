// The thread behind CatalogueLoader: goes through the databases that are due, one after the other.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "gateway/config.h"
#include "gateway/pg_errand.h"
#include "gateway/shared_writes.h"
#include "gateway/view_board.h"
#include "net/wakeup.h"
#include "sql/catalogue.h"
#include "sql/catalogue_queries.h"

namespace tidemark::gateway {

class CatalogueThread {
 public:
  CatalogueThread(const Config& config, const ViewBoard& board, std::function<void()> on_publish,
                  SharedWrites* writes)
      : config_(config), board_(board), on_publish_(std::move(on_publish)), writes_(writes) {}

  // Any thread.
  void request(std::string_view database);
  void invalidate(std::string_view database);
  void release(std::string_view database);
  std::shared_ptr<const sql::Catalogue> latest(std::string_view database) const;
  bool in_doubt(std::string_view database) const;
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  void ask_to_stop();

  // Runs until asked to stop.
  void run();

  std::jthread thread;  // of CatalogueLoader, which runs this in it

 private:
  // What all threads share of a database.
  struct Shared {
    std::shared_ptr<const sql::Catalogue> catalogue;
    bool wanted = true;         // false once released
    bool check_now = false;     // requested or invalidated
    std::uint64_t doubts = 0;   // how often it was invalidated …
    std::uint64_t cleared = 0;  // … before the server was last asked
  };

  // What the loader's own thread knows of it.
  struct Watched {
    PgErrand errand;
    std::string fingerprint;
    std::uint64_t version = 0;  // of the catalogue with this fingerprint
    std::string reason;         // of the latest failure, to log each once
    Duration pause{0};          // before the next try, after a failure
    Instant due{};
    Instant rests_until{};  // not due before, whoever asks
    Instant failing_since = k_never;
  };

  void take_requests(Instant now);
  Instant next_deadline() const;
  void sleep_until(Instant deadline);
  void drop_built_ins(Instant now);

  std::uint64_t doubts_of(const std::string& database) const;
  void clear_doubts(const std::string& database, std::uint64_t doubts);
  void check(const std::string& database, Watched& watched);
  void confirm(const std::string& database, const Watched& watched, Instant begun);
  void look_for_strangers(const std::string& database, Watched& watched);
  Result<void> refresh(const std::string& database, Watched& watched);
  Result<sql::CatalogueAnswers> ask_all(PgErrand& errand, const std::string& database,
                                        sql::CataloguePart part);
  void on_failure(const std::string& database, Watched& watched, const Error& why);
  void forget(const std::string& database);
  void publish(const std::string& database, std::shared_ptr<const sql::Catalogue> catalogue,
               std::uint64_t doubts);

  Result<PgErrand::Answer> ask(PgErrand& errand, const std::string& database, std::string sql);
  Result<ServerTarget> target_for(const std::string& database, const topology::ClusterView& view);

  const Config config_;
  const ViewBoard& board_;
  const std::function<void()> on_publish_;
  SharedWrites* const writes_;
  net::Wakeup wakeup_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> version_ = 0;

  mutable std::mutex mutex_;
  std::map<std::string, Shared, std::less<>> shared_;  // guarded by mutex_

  // Of the loader's thread.
  std::map<std::string, Watched> watched_;
  routing::PrimaryRun asked_;  // who is asked in the present check
  bool strayed_ = false;       // another was asked in it
  std::uint64_t built_ = 0;    // numbers the catalogues
  sql::CatalogueAnswers built_ins_;
  std::string built_ins_fingerprint_;  // of built_ins_; empty: not loaded
  Instant built_ins_used_{};           // last
  bool woken_ = false;                 // a wakeup arrived while waiting for a server
};

}  // namespace tidemark::gateway
