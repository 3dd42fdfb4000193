// How an example talks to its database: libpqxx, a few connections of its own, and what every
// application that wants to outlive a failover does about errors. Nothing of Tidemark's is here but
// the words of three settings.
//
// Thread rule: a Database belongs to one thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <random>
#include <string>
#include <vector>

#include "examples/kit/scoreboard.h"

namespace kit {

// Where to connect. Through the gateway one address is enough. `replicas` are for naive routing:
// reads go to any of them, as an application does that knows its replicas and nothing else.
struct Addresses {
  std::string database;
  std::vector<std::string> replicas;

  bool naive() const { return !replicas.empty(); }

  // The same with something else said at login: "application_name=audit".
  Addresses as(const std::string& parameter) const;
};

class Database {
 public:
  Database(Addresses addresses, Scoreboard& board, std::atomic<bool>& stopping);

  // The next page of this user: on any connection of the pool, as users' requests come. `key` makes
  // all of their connections one session.
  void next_page(const std::string& key);

  using Read = std::function<pqxx::result(pqxx::transaction_base&)>;
  using Write = std::function<void(pqxx::transaction_base&)>;

  // One statement, outside of a transaction. Nothing if it was refused; that is then on the board.
  std::optional<pqxx::result> read(const std::string& operation, const Read& statement);

  // One transaction; run again after a conflict or a failover until it is known to have committed,
  // so what it does must bear to be done again (its rows carry ids that the caller made). False if
  // the run ended before.
  bool write(const std::string& operation, const Write& statements);

  // What this user's session requires by now, as text to carry to others, who require it as well
  // from then on. Empty where there is none: on naive routing, or when the run is over.
  std::string token();
  void require(const std::string& token);

  // Several statements that see one snapshot, so all on one node; run again as a write is. On naive
  // routing each of them goes where it will. False if the run ended before.
  using Ask = std::function<pqxx::result(const std::string& sql)>;
  bool read_snapshot(const std::string& operation,
                     const std::function<void(const Ask&)>& statements);

  // How often it was told that a failover may have lost what its sessions wrote or read.
  long told_of_losses() const { return told_; }

  bool naive() const { return addresses_.naive(); }

 private:
  struct Slot {
    std::string address;
    std::unique_ptr<pqxx::connection> connection;
  };

  pqxx::connection& open(Slot& slot);
  std::optional<pqxx::result> attempt(const std::string& operation, Slot& slot,
                                      const Read& statement);
  template <typename Transaction, typename Body>
  bool until_committed(const std::string& operation, const Body& statements);
  bool failed(const std::string& operation, Slot& slot, const std::exception& error);
  void ask_who_served(const std::string& operation, pqxx::connection& connection);

  const Addresses addresses_;
  Scoreboard& board_;
  std::atomic<bool>& stopping_;
  std::minstd_rand random_{std::random_device{}()};
  std::vector<Slot> slots_;     // to the gateway, or to the primary
  std::vector<Slot> replicas_;  // of naive routing
  std::size_t current_ = 0;     // of slots_
  std::string key_;
  long reads_ = 0;
  long told_ = 0;
};

}  // namespace kit
