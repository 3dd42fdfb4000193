// What one unit of a client's messages needs of the server connection that is to run it. A unit is
// what is decided at once: a Query, a FunctionCall, or the extended messages up to their Sync.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/lazy.h"
#include "session/own_settings.h"
#include "session/reader.h"
#include "session/refusal.h"
#include "sql/statement.h"

namespace tidemark::session {

class Need {
 public:
  // What few units have.
  struct Extra {
    Hints hints;                     // from comments
    std::optional<Refusal> refusal;  // a comment that asks for what there is not
    std::string affected_database;   // whose idle connections must go first
  };

  const char* why_primary = nullptr;  // static text; null: a standby may run it
  bool touches_data = false;          // false: settings and the like, which no level speaks about
  bool unknown_name = false;          // the catalogue may be out of date
  bool own_session = false;           // lastval(): the very connection that served this client last
  bool shows_token = false;           // SHOW tidemark.token
  bool begins = false;                // a transaction, which may go on behind it
  Concern concern;                    // which tables, and what the rules say of them

  const Hints& hints() const { return extra_->hints; }
  const std::optional<Refusal>& refusal() const { return extra_->refusal; }
  const std::string& affected_database() const { return extra_->affected_database; }
  Extra& extra() { return *extra_; }

  void require_primary(const char* why) {
    if (why_primary == nullptr) why_primary = why;
  }

 private:
  Lazy<Extra> extra_;
};

// What is taken for a text too long to look at: anything may be in it.
const std::shared_ptr<const sql::Statement>& oversized_statement();

// Whether the kind only concerns the session: any node can run it, at no level.
bool concerns_session_only(sql::Kind kind);

// Whether it executes a statement that was prepared under its name. Of what that may execute in
// turn nothing is known but in transactions, link by link: it is taken for anything.
bool runs_another(const sql::Statement& statement);

// Why it must not run: it names a setting of the gateway's where only a server would hear of it.
std::optional<Refusal> refusal_of_unheard(const sql::Statement& statement);

// Adds a statement that is to be executed, but for what it concerns.
void add_statement(Need& need, const sql::Statement& statement);

// A unit at the front of the client's bytes.
struct Unit {
  std::size_t size = 0;   // of its frames; 0: more bytes are needed to tell
  bool complete = false;  // ends with a Query, FunctionCall or Sync: nothing more belongs to it
  bool local = false;     // the gateway answers all of it itself
  bool query = false;     // a single Query
  Need need;
};

}  // namespace tidemark::session
