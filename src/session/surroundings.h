// What a client's machine and the shell around it tell each other.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/spares.h"
#include "consistency/sla.h"
#include "consistency/tables.h"
#include "routing/decision.h"
#include "session/reader.h"
#include "session/server.h"
#include "session/work.h"

namespace tidemark::session {

// Where a statement runs, and why.
struct Route {
  routing::Decision decision;
  consistency::Promise promise;
  bool on_primary = false;
  const char* why_primary = nullptr;  // static text; null: the statement would do with a standby
  std::uint64_t rules = 0;            // those that had a say
  std::optional<std::size_t> alternative;  // which of the levels asked for was met
};

// What a client is surrounded by. The functions are called on the client's thread.
struct Surroundings {
  consistency::Level default_level;  // not k_policy
  // Makes the text of SHOW tidemark.route, but for the rules.
  std::function<std::string(const Route&)> describe_route;
  FindReader find_reader;
  // Of tokens; not empty.
  std::string token_key;
  // The cluster's; 0: not known yet.
  std::function<std::uint64_t()> system_identifier;
  bool reports_writes = false;  // Actions::writes and Actions::written are wanted
  // Of all clients that are surrounded by this.
  std::shared_ptr<Spares<Work>> spares = std::make_shared<Spares<Work>>();
};

// What became of what was written: nothing yet; all is over and answered, carried out or not; or
// nobody will know (anomaly P8).
enum class Written : std::uint8_t { k_no, k_over, k_unknown };

// What the shell is to do after it has told the client something.
struct Actions {
  bool authenticate = false;     // decide on login().user()
  bool log_in = false;           // find a server connection to greet with, or greet()
  bool cancel_other = false;     // login().cancelled() names it; then close
  bool route = false;            // find a server connection for request()
  Server* released = nullptr;    // has no more to do with this client
  bool released_broken = false;  // … and must be closed
  bool cancel_server = false;    // stop what the attached server runs
  bool marks = false;            // session() has new marks: they belong to session_key()
  bool writes = false;           // writing() says more than before: to be known before the bytes
                                 // that were sent just now have left
  Written written = Written::k_no;
  bool token = false;              // provide_token() what the session requires, or refuse_token()
  bool catalogue_changed = false;  // DDL has run, or a name is not known
  bool affects_database = false;   // idle connections to affected_database() must be closed now
  bool close = false;              // flush, and close the client's connection

  bool any() const {
    return authenticate || log_in || cancel_other || route || released != nullptr ||
           cancel_server || catalogue_changed || affects_database || close || marks || token ||
           writes || written != Written::k_no;
  }
};

// Counted for people, over a client's life.
struct ClientCounts {
  std::uint64_t units_on_primary = 0;
  std::uint64_t units_on_standby = 0;
  std::uint64_t retries = 0;
  std::array<std::uint64_t, consistency::k_max_alternatives> met{};  // the nth of several levels

  void add(const ClientCounts& other) {
    units_on_primary += other.units_on_primary;
    units_on_standby += other.units_on_standby;
    retries += other.retries;
    for (std::size_t i = 0; i < met.size(); ++i) met[i] += other.met[i];
  }
};

}  // namespace tidemark::session
