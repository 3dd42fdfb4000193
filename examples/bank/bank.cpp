// A bank: payments, balances, statements; reports, audits and analytics are in readers.h. Which
// consistency each of them gets is said once, in tidemark.toml.
//
//   balance, history  strong, and written with remote_apply: no failover loses what was booked
//   statement         session: printed by another service, and one's own payments are on it
//   report            bounded(1s), on the reporting replica and nowhere else
//   audit             monotonic_reads: one snapshot on one standby
//   analytics         another server altogether, by logical replication: eventual
//
// What it checks it knows by itself: what each customer was told is booked (book.h).
#include <fmt/format.h>

#include <thread>

#include "examples/bank/book.h"
#include "examples/bank/readers.h"
#include "examples/kit/database.h"
#include "examples/kit/program.h"
#include "examples/kit/scoreboard.h"

namespace {

using namespace std::chrono_literals;
using bank::Book;
using bank::Sums;
using bank::Transfer;
using kit::Database;

class Customer {
 public:
  Customer(kit::Run& run, Book& book, int account)
      : board_(run.board),
        ledger_(run.addresses.as("application_name=bank"), run.board, gone_),
        statements_(run.addresses.as("application_name=statements"), run.board, gone_),
        book_(book),
        account_(account),
        customers_(run.users),
        key_(fmt::format("customer:{}", account)),
        random_(static_cast<unsigned>(account)) {}

  void visit() {
    look_at_balance();
    const auto paid = pay();
    look_at_statement();
    look_at_history();
    if (paid && random_() % 8 == 0) correct(*paid);
  }

  // A last look, so that nobody goes without having heard of a loss.
  void leave() { look_at_statement(); }

 private:
  std::string new_id() { return fmt::format("{}/{:05}", key_, ++ids_); }

  // --- Writing ------------------------------------------------------------------------------

  // To somebody else; one time in six all that the balance showed.
  std::optional<Transfer> pay() {
    const int to = 1 + (account_ + static_cast<int>(random_() % (customers_ - 1))) % customers_;
    const long some = 1 + static_cast<long>(random_() % 50);
    const Transfer transfer{new_id(), account_, to, random_() % 6 == 0 ? balance_ : some};
    if (transfer.amount <= 0 || !book(transfer)) return std::nullopt;
    return transfer;
  }

  // A mistake is not undone: the money goes back by a transfer of its own, if it is still there.
  void correct(const Transfer& wrong) {
    book({new_id(), wrong.to, wrong.from, wrong.amount, wrong.id});
  }

  // Whether it is booked. Sent again, after a lost answer or a failover, it is booked once.
  bool book(const Transfer& transfer) {
    ledger_.next_page(key_);
    if (ledger_.naive() && !covered_on_a_replica(transfer)) return false;
    bool booked = false;
    bool overdrawn = false;
    const bool known = ledger_.write("transfer", [&](auto& db) {
      // What a failover has lost needs no correction.
      booked = (transfer.corrects.empty() || is_there(db, transfer.corrects)) &&
               (ledger_.naive() || covered(db, transfer));
      overdrawn = booked && !post(db, transfer);
    });
    if (overdrawn) {
      board_.violated("transfer", fmt::format("{} paid {} out of account {}, which had less", key_,
                                              transfer.amount, transfer.from));
    }
    heed_losses();
    if (!known || !booked) return false;
    book_.acknowledged(transfer);
    sent_[transfer.id] = transfer;
    return true;
  }

  // Both accounts stay locked until the transfer is booked, so what is seen of them stays so. The
  // lower number first: two customers who pay each other do not wait for each other.
  static bool covered(pqxx::transaction_base& db, const Transfer& transfer) {
    const auto accounts = db.exec_params(
        "SELECT id, overdraft OR credits - debits >= $3 FROM account WHERE id IN ($1, $2) "
        "ORDER BY id FOR UPDATE",
        transfer.from, transfer.to, transfer.amount);
    const auto& payer = accounts[0][0].as<int>() == transfer.from ? accounts[0] : accounts[1];
    return payer[1].as<bool>() || is_there(db, transfer.id);
  }

  static bool is_there(pqxx::transaction_base& db, const std::string& id) {
    return !db.exec_params("SELECT FROM transfer WHERE id = $1", id).empty();
  }

  // What is wrong with most banks behind a load balancer: they ask a replica what is left.
  bool covered_on_a_replica(const Transfer& transfer) {
    const auto rows = ledger_.read("look before paying", [&](auto& db) {
      return db.exec_params("SELECT credits - debits >= $2 FROM account WHERE id = $1",
                            transfer.from, transfer.amount);
    });
    return rows && (*rows)[0][0].template as<bool>();
  }

  // False if it takes more than there is, as only naive routing lets it.
  static bool post(pqxx::transaction_base& db, const Transfer& transfer) {
    const auto booked = db.exec_params(
        "INSERT INTO transfer (id, debit, credit, amount, corrects) "
        "VALUES ($1, $2, $3, $4, nullif($5, '')) ON CONFLICT DO NOTHING",
        transfer.id, transfer.from, transfer.to, transfer.amount, transfer.corrects);
    if (booked.affected_rows() == 0) return true;  // an earlier try had booked it
    const auto accounts = db.exec_params(
        "UPDATE account SET debits = debits + CASE id WHEN $1 THEN $3 ELSE 0 END, "
        "credits = credits + CASE id WHEN $2 THEN $3 ELSE 0 END WHERE id IN ($1, $2) "
        "RETURNING overdraft OR debits <= credits",
        transfer.from, transfer.to, transfer.amount);
    return accounts[0][0].as<bool>() && accounts[1][0].as<bool>();
  }

  // --- Reading ------------------------------------------------------------------------------

  void look_at_balance() {
    const auto rows = look_at("balance", "SELECT debits, credits FROM account WHERE id = $1");
    if (rows) balance_ = (*rows)[0][1].as<long>() - (*rows)[0][0].as<long>();
  }

  void look_at_history() {
    look_at("history",
            "SELECT coalesce(sum(amount) FILTER (WHERE debit = $1), 0), "
            "coalesce(sum(amount) FILTER (WHERE credit = $1), 0) "
            "FROM transfer WHERE $1 IN (debit, credit)");
  }

  // Strong: whatever anybody was told is booked before we asked must be in it.
  std::optional<pqxx::result> look_at(const std::string& operation, const std::string& sums) {
    ledger_.next_page(key_);
    Sums known;
    const auto rows = ledger_.read(operation, [&](auto& db) {
      known = book_.sums(account_);
      return db.exec_params(sums, account_);
    });
    if (!rows || heed_losses()) return rows;
    const Sums seen{(*rows)[0][0].as<long>(), (*rows)[0][1].as<long>()};
    known.credits += k_opening;
    if (!seen.cover(known)) {
      board_.violated(operation,
                      fmt::format("{} sees {} in and {} out, and {} and {} had been booked before",
                                  key_, seen.credits, seen.debits, known.credits, known.debits));
    }
    return rows;
  }

  // Session: all that we have sent is on it, and all that was on the last one.
  void look_at_statement() {
    statements_.next_page(key_);
    const auto rows = statements_.read("statement", [&](auto& db) {
      return db.exec_params("SELECT id FROM transfer WHERE debit = $1 OR credit = $1", account_);
    });
    if (!rows || heed_losses()) return;
    std::set<std::string> shown;
    for (const auto& row : *rows) shown.insert(row[0].as<std::string>());
    const auto gone = [&](const std::string& id) { return !shown.contains(id); };
    for (const auto& [id, transfer] : sent_) {
      if (!gone(id)) continue;
      board_.violated("statement", fmt::format("{} has sent {}, and it is not there", key_, id));
      return;
    }
    if (const auto one = std::ranges::find_if(seen_, gone); one != seen_.end()) {
      board_.violated("statement", fmt::format("{} had seen {}, and it is gone", key_, *one));
    }
    seen_ = std::move(shown);
  }

  // TM001 and TM002 say that a failover may have lost what we wrote or read. Then the ledger is
  // asked; what is missing is sent again, by the same id. True if there was something to heed.
  bool heed_losses() {
    const long told = ledger_.told_of_losses() + statements_.told_of_losses();
    if (told == told_) return false;
    told_ = told;
    seen_.clear();
    const auto rows = ledger_.read("after a failover", [&](auto& db) {
      return db.exec_params("SELECT id FROM transfer WHERE id LIKE $1", key_ + "/%");
    });
    auto missing = sent_;
    for (const auto& row : *rows) missing.erase(row[0].as<std::string>());
    for (const auto& [id, transfer] : missing) {
      book_.lost(transfer);
      sent_.erase(id);
    }
    for (const auto& [id, transfer] : missing) book(transfer);
    return true;
  }

  static constexpr long k_opening = 500;  // schema.sql

  kit::Scoreboard& board_;
  std::atomic<bool> gone_ = false;  // what was begun is ended, also when the time is over
  Database ledger_;                 // the service that books
  Database statements_;             // another one, which prints; the session's key ties the two
  Book& book_;
  const int account_;
  const int customers_;
  const std::string key_;
  std::minstd_rand random_;
  long ids_ = 0;
  long balance_ = 0;                      // as last shown
  std::map<std::string, Transfer> sent_;  // and acknowledged
  std::set<std::string> seen_;            // on the last statement
  long told_ = 0;
};

// What must be true of a ledger at any time.
void settle(kit::Run& run, const Book& book) {
  pqxx::connection connection(run.addresses.database);
  pqxx::nontransaction db(connection);
  db.exec("SET tidemark.level = 'strong'");
  const auto count = [&](const char* sql) { return db.exec1(sql)[0].as<long>(); };
  std::set<std::string> ids;
  for (const auto& row : db.exec("SELECT id FROM transfer")) ids.insert(row[0].as<std::string>());
  const long overdrawn =
      count("SELECT count(*) FROM account WHERE NOT overdraft AND debits > credits");
  const long gap = count("SELECT sum(debits) - sum(credits) FROM account");
  const long off = count(
      "SELECT count(*) FROM account WHERE "
      "debits <> (SELECT coalesce(sum(amount), 0) FROM transfer WHERE debit = account.id) OR "
      "credits <> (SELECT coalesce(sum(amount), 0) FROM transfer WHERE credit = account.id)");
  const long silent = book.missing_of(ids);
  const long lost = silent + book.told_of_losses();
  bool changed = false;
  try {
    db.exec("UPDATE transfer SET amount = amount + 1");
    changed = true;
  } catch (const pqxx::sql_error&) {
  }
  run.board.invariant("debits equal credits", gap == 0, fmt::format("{} apart", gap));
  run.board.invariant("each account has the sums of its transfers", off == 0,
                      fmt::format("{} accounts do not", off));
  run.board.invariant("nobody is overdrawn", overdrawn == 0, fmt::format("{} accounts", overdrawn));
  run.board.invariant("no acknowledged transfer was lost", lost == 0,
                      fmt::format("{} of {}", lost, ids.size()));
  run.board.invariant("every loss was told to its customer, and sent again", silent == 0,
                      fmt::format("{} of {} in silence", silent, lost));
  run.board.invariant("a transfer cannot be changed", !changed, changed ? "it was" : "refused");
}

void open_bank(kit::Run& run) {
  Book book;
  bank::Readers readers(run, book);
  std::vector<std::function<void()>> people = readers.people();
  for (int account = 1; account <= run.users; ++account) {
    people.push_back([&run, &book, account] {
      Customer customer(run, book, account);
      while (!run.stopping) {
        customer.visit();
        std::this_thread::sleep_for(20ms);
      }
      customer.leave();
    });
  }
  kit::run_all(run, people,
               [&] { return fmt::format("{} transfers", run.board.count("transfer")); });
  settle(run, book);
  readers.settle();
}

}  // namespace

int main(int argc, char** argv) {
  return kit::program(argc, argv, "A bank: payments, statements, reports, audits.", open_bank);
}
