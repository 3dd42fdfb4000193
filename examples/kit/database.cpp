#include "examples/kit/database.h"

#include <thread>

namespace kit {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t k_connections = 2;  // of each user
// Reads between two questions who served one: a prime, so that each of a page's reads gets its
// turn.
constexpr long k_ask_each = 5;
constexpr auto k_pause_before_again = 20ms;

// What went wrong, as the application's log would have it.
std::string sqlstate_of(const std::exception& error) {
  if (const auto* sql = dynamic_cast<const pqxx::sql_error*>(&error)) {
    if (!sql->sqlstate().empty()) return sql->sqlstate();
  }
  return "08006";  // connection_failure
}

// Whether the same again may succeed: conflicts, and whatever has to do with a failover. 53300 is
// PostgreSQL's "too many clients"; 25006 a server that is no primary any more; TM001 and TM002 say
// that the failover lost something of this session's.
bool worth_another_try(const std::string& sqlstate) {
  for (const char* one : {"08", "40", "57", "53300", "25006", "TM00"}) {
    if (sqlstate.starts_with(one)) return true;
  }
  return false;
}

}  // namespace

Addresses Addresses::as(const std::string& parameter) const {
  Addresses made = *this;
  made.database += " " + parameter;
  for (std::string& replica : made.replicas) replica += " " + parameter;
  return made;
}

Database::Database(Addresses addresses, Scoreboard& board, std::atomic<bool>& stopping)
    : addresses_(std::move(addresses)), board_(board), stopping_(stopping) {
  for (std::size_t i = 0; i < k_connections; ++i) slots_.push_back({addresses_.database, nullptr});
  for (const std::string& replica : addresses_.replicas) replicas_.push_back({replica, nullptr});
}

void Database::next_page(const std::string& key) {
  key_ = key;
  current_ = random_() % slots_.size();
}

pqxx::connection& Database::open(Slot& slot) {
  if (!slot.connection) slot.connection = std::make_unique<pqxx::connection>(slot.address);
  if (!naive()) {
    pqxx::nontransaction session(*slot.connection);
    session.exec("SET tidemark.session = " + session.quote(key_));
  }
  return *slot.connection;
}

// What to do about an error: note it, and say whether the same again is worth a try.
bool Database::failed(const std::string& operation, Slot& slot, const std::exception& error) {
  const std::string sqlstate = sqlstate_of(error);
  if (sqlstate.starts_with("08") || sqlstate.starts_with("57P01")) slot.connection.reset();
  if (sqlstate.starts_with("TM00")) ++told_;
  board_.refused(operation, sqlstate);
  if (!worth_another_try(sqlstate)) return false;
  std::this_thread::sleep_for(k_pause_before_again);
  return true;
}

std::optional<pqxx::result> Database::read(const std::string& operation, const Read& statement) {
  Slot& slot = naive() ? replicas_[random_() % replicas_.size()] : slots_[current_];
  const auto rows = attempt(operation, slot, statement);
  if (rows && reads_++ % k_ask_each == 0) ask_who_served(operation, *slot.connection);
  return rows;
}

std::optional<pqxx::result> Database::attempt(const std::string& operation, Slot& slot,
                                              const Read& statement) {
  while (!stopping_) {
    try {
      pqxx::connection& connection = open(slot);
      const auto begun = Clock::now();
      pqxx::result rows;
      {
        pqxx::nontransaction one(connection);
        rows = statement(one);
      }
      board_.done(operation, Clock::now() - begun);
      return rows;
    } catch (const std::exception& error) {
      if (!failed(operation, slot, error)) return std::nullopt;
    }
  }
  return std::nullopt;
}

template <typename Transaction, typename Body>
bool Database::until_committed(const std::string& operation, const Body& statements) {
  Slot& slot = slots_[current_];
  while (!stopping_) {
    try {
      pqxx::connection& connection = open(slot);
      const auto begun = Clock::now();
      Transaction transaction(connection);
      statements(transaction);
      transaction.commit();
      board_.done(operation, Clock::now() - begun);
      return true;
    } catch (const std::exception& error) {
      if (!failed(operation, slot, error)) throw;
    }
  }
  return false;
}

bool Database::write(const std::string& operation, const Write& statements) {
  return until_committed<pqxx::work>(operation, statements);
}

bool Database::read_snapshot(const std::string& operation,
                             const std::function<void(const Ask&)>& statements) {
  if (!naive()) {
    using Snapshot = pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>;
    const bool done = until_committed<Snapshot>(operation, [&](Snapshot& snapshot) {
      statements([&](const std::string& sql) { return snapshot.exec(sql); });
    });
    if (done && reads_++ % k_ask_each == 0) ask_who_served(operation, *slots_[current_].connection);
    return done;
  }
  struct Ended {};
  try {
    statements([&](const std::string& sql) {
      const auto rows = read(operation, [&](auto& db) { return db.exec(sql); });
      return rows ? *rows : throw Ended();
    });
  } catch (const Ended&) {
    return false;
  }
  return true;
}

std::string Database::token() {
  if (naive()) return "";
  const auto shown = attempt("take a token", slots_[current_],
                             [](auto& db) { return db.exec("SHOW tidemark.token"); });
  return shown ? (*shown)[0][0].as<std::string>() : "";
}

void Database::require(const std::string& token) {
  if (token.empty()) return;
  attempt("hand a token over", slots_[current_],
          [&](auto& db) { return db.exec("SET tidemark.token = " + db.quote(token)); });
}

// SHOW tidemark.route: node=127.0.0.1:5502 role=standby level=session floor=...
void Database::ask_who_served(const std::string& operation, pqxx::connection& connection) {
  if (naive()) {
    board_.served(operation, "-", true);
    return;
  }
  std::string route;
  try {
    pqxx::nontransaction session(connection);
    route = session.exec1("SHOW tidemark.route")[0].as<std::string>();
  } catch (const pqxx::failure&) {
    return;  // the next statement on this connection sees to it
  }
  const auto field = [&](const std::string& name) {
    const auto begin = route.find(name + "=");
    if (begin == std::string::npos) return std::string("-");
    const auto value = begin + name.size() + 1;
    return route.substr(value, route.find(' ', value) - value);
  };
  board_.served(operation, field("level"), field("role") == "standby");
}

}  // namespace kit
