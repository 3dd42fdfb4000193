#include "examples/bank/readers.h"

#include <fmt/format.h>

#include <thread>

#include "examples/kit/database.h"

namespace bank {
namespace {

using namespace std::chrono_literals;
using kit::Clock;
using kit::Database;

constexpr auto k_oldest_report = 1s;  // the bound in tidemark.toml
constexpr long k_opening = 200;       // transfers of schema.sql
constexpr auto k_patience = 20s;      // for analytics to catch up

const char* const k_figures =
    "SELECT count(*) || ' transfers, ' || sum(amount) || ', ' || md5(string_agg(id, ',' ORDER BY "
    "id)) "
    "FROM transfer";

// What analytics and the ledger must agree on in the end.
const char* const k_totals = "SELECT count(*) || ' transfers of ' || sum(amount) FROM transfer";

}  // namespace

std::vector<std::function<void()>> Readers::people() {
  return {[this] { report(); }, [this] { audit(); }, [this] { analyse(); }};
}

// On the replica for reports, and nowhere else: while it is too old the report is refused, and
// tried again. The answer says how old the figures may be: it is the level.
void Readers::report() {
  Database db(run_.addresses.as("user=reporting"), run_.board, run_.stopping);
  while (!run_.stopping) {
    db.next_page("reports");
    Clock::time_point begun;
    std::string node;
    const auto rows = db.read("report", [&](auto& one) {
      begun = Clock::now();
      const auto figures = one.exec("SELECT count(*), sum(amount), max(amount) FROM transfer");
      node =
          one.exec1(db.naive() ? "SHOW port" : "SHOW tidemark.route")[0].template as<std::string>();
      return figures;
    });
    if (rows) {
      ++reports_;
      reported_by_.insert(node.substr(0, node.find(" level=")));  // "node=... role=standby"
      const long missing =
          book_.count_at(begun - k_oldest_report) + k_opening - (*rows)[0][0].as<long>();
      if (missing > 0) {
        run_.board.violated("report", fmt::format("{} transfers that had been booked {} s before "
                                                  "are not in it",
                                                  missing, k_oldest_report.count()));
      }
    }
    std::this_thread::sleep_for(100ms);
  }
}

// One snapshot on one node: debits equal credits, and each account's sums are those of its
// transfers.
void Readers::audit() {
  Database db(run_.addresses.as("application_name=audit"), run_.board, run_.stopping);
  long told = 0;
  while (!run_.stopping) {
    db.next_page("audit");
    Audit made;
    long debits = 0;
    long credits = 0;
    long moved = 0;
    const auto examine = [&](const Database::Ask& ask) {
      const auto accounts = ask("SELECT sum(debits), sum(credits) FROM account")[0];
      const auto transfers = ask("SELECT sum(amount) FROM transfer")[0];
      debits = accounts[0].as<long>();
      credits = accounts[1].as<long>();
      moved = transfers[0].as<long>();
      made.settled = ask("SELECT max(settled) FROM transfer")[0][0].as<std::string>();
      made.later = ask("SELECT coalesce(array_agg(DISTINCT txid), '{}') FROM transfer "
                       "WHERE txid >= " +
                       made.settled)[0][0]
                       .template as<std::string>();
      made.figures = ask(k_figures)[0][0].template as<std::string>();
    };
    const bool done = db.read_snapshot("audit", examine);
    for (; told < db.told_of_losses(); ++told) {
      for (Audit& earlier : audits_) earlier.doubted = true;
    }
    if (done && (debits != credits || debits != moved)) {
      run_.board.violated("audit", fmt::format("accounts were debited {} and credited {}, and the "
                                               "transfers are {} in all",
                                               debits, credits, moved));
    }
    if (done) audits_.push_back(made);
    std::this_thread::sleep_for(200ms);
  }
}

// Not through the gateway: another server, with its own copy. How old it is, it says itself.
void Readers::analyse() {
  pqxx::connection connection(run_.analytics);
  while (!run_.stopping) {
    const auto begun = Clock::now();
    pqxx::nontransaction db(connection);
    const auto age = db.exec1(
        "SELECT extract(epoch FROM clock_timestamp() - max(booked)) FROM transfer "
        "WHERE id NOT LIKE 'opening/%'")[0];
    run_.board.done("analytics", Clock::now() - begun);
    run_.board.served("analytics", "eventual", true);
    if (!age.is_null()) ages_.push_back(age.as<double>());  // null while it has none
    std::this_thread::sleep_for(100ms);
  }
}

void Readers::settle() {
  run_.board.invariant("reports came from the reporting replica alone",
                       reported_by_.size() == 1 && reported_by_.begin()->ends_with(" role=standby"),
                       fmt::format("{} reports, {}", reports_, fmt::join(reported_by_, ", ")));
  reproduce_audits();
  wait_for_analytics();
}

// The same sums again, from each audit's position, whatever was booked since and whoever serves
// now.
void Readers::reproduce_audits() {
  pqxx::connection connection(run_.addresses.database);
  pqxx::nontransaction db(connection);
  db.exec("SET tidemark.level = 'strong'");
  long not_again = 0;
  long doubted = 0;
  for (const Audit& audit : audits_) {
    const auto again = db.exec1(fmt::format("{} WHERE txid < {} OR txid = ANY ('{}')", k_figures,
                                            audit.settled, audit.later))[0]
                           .as<std::string>();
    if (again == audit.figures) continue;
    ++(audit.doubted ? doubted : not_again);
  }
  const Audit last = audits_.empty() ? Audit() : audits_.back();
  run_.board.invariant(
      "audits give the same sums again", not_again == 0 && !audits_.empty(),
      fmt::format("{} of {} do not, {} more had been called in doubt; the last one "
                  "was of all before transaction {} and {}",
                  not_again, audits_.size(), doubted, last.settled, last.later));
}

void Readers::wait_for_analytics() {
  pqxx::connection ledger(run_.addresses.database);
  pqxx::connection analytics(run_.analytics);
  const auto totals = [](pqxx::connection& connection) {
    pqxx::nontransaction db(connection);
    db.exec("SET tidemark.level = 'strong'");
    return db.exec1(k_totals)[0].as<std::string>("none");
  };
  const std::string wanted = totals(ledger);
  const auto begun = Clock::now();
  while (totals(analytics) != wanted && Clock::now() < begun + k_patience) {
    std::this_thread::sleep_for(20ms);
  }
  run_.board.invariant(
      "analytics came to the ledger's totals", totals(analytics) == wanted,
      fmt::format(
          "{}, {:.2f} s after the load; its newest transfer was {:.2f} s old in the median, "
          "{:.2f} s at most",
          wanted, std::chrono::duration<double>(Clock::now() - begun).count(),
          kit::percentile(ages_, 0.5), kit::percentile(ages_, 1)));
}

}  // namespace bank
