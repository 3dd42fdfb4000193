// What one SQL text does, as far as routing it and sharing its server connection goes. Everything
// is already judged against a catalogue (sql/catalogue.h); sql/classify.h makes these values.
// Where the text leaves a doubt, the field says the dangerous thing.
// Thread rule: immutable once made, shared freely.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/touched.h"

namespace tidemark::sql {

enum class Kind : std::uint8_t {
  k_empty,                // nothing but blanks, comments and semicolons
  k_query,                // any statement without a kind of its own
  k_begin,                // BEGIN, START TRANSACTION
  k_commit,               // COMMIT, END
  k_rollback,             // ROLLBACK, ABORT
  k_savepoint,            // SAVEPOINT, RELEASE, ROLLBACK TO
  k_set_transaction,      // SET TRANSACTION, SET SESSION CHARACTERISTICS
  k_set,                  // SET, SET LOCAL
  k_reset,                // RESET name
  k_reset_all,            // RESET ALL
  k_show,                 // SHOW
  k_prepare,              // PREPARE; the statement itself is in `inner`
  k_execute,              // EXECUTE; its flags speak of the arguments alone
  k_deallocate,           // DEALLOCATE name
  k_deallocate_all,       // DEALLOCATE ALL
  k_discard_all,          // DISCARD ALL
  k_fetch,                // FETCH, MOVE, CLOSE: follow the transaction; outside one, the primary
  k_prepare_transaction,  // PREPARE TRANSACTION
  k_finish_prepared,      // COMMIT PREPARED, ROLLBACK PREPARED
  k_multi,                // several statements in one text: their flags merged
  k_unparsed,             // not understood: everything is to be expected of it
};

// "query", "begin", "set transaction", …
const char* to_string(Kind kind);

// Why the session must keep its server connection from this statement on.
enum class Pin : std::uint8_t {
  k_none,
  k_temporary_table,        // any object in the session's temporary schema
  k_listen,                 // LISTEN
  k_advisory_lock,          // session-level advisory locks
  k_cursor_with_hold,       // DECLARE … WITH HOLD
  k_lastval,                // currval(), lastval()
  k_load,                   // LOAD
  k_seed,                   // setseed(), SET seed
  k_session_authorization,  // SET SESSION AUTHORIZATION
  k_settings_unknown,       // set_config() of a name that the text does not show
  k_connection_function,    // dblink_connect() and its family
  k_replication,            // temporary slots, replication origins, backups of this session
  k_backend_pid,            // pg_backend_pid(): the number that was told stays true
  k_string_syntax,          // standard_conforming_strings off: later texts would be misread
};

// A phrase for people: "temporary table", "session-level advisory lock", …; "none".
const char* to_string(Pin pin);

enum class Isolation : std::uint8_t { k_read_committed, k_repeatable_read, k_serializable };

// A name as the text writes it, folded as PostgreSQL folds it. `schema` is empty when unqualified.
struct Name {
  std::string schema;
  std::string name;

  auto operator<=>(const Name&) const = default;
};

using Relation = Name;
using FunctionName = Name;

// What a statement does to the transaction, or to a part of it, where that may go on behind it.
// COMMIT and ROLLBACK are told of a k_multi only.
struct TransactionStep {
  enum class Kind : std::uint8_t { k_savepoint, k_release, k_rollback_to, k_commit, k_rollback };
  Kind kind = Kind::k_savepoint;
  std::string savepoint;  // its name; empty for k_commit, k_rollback

  auto operator<=>(const TransactionStep&) const = default;
};

// One "tidemark.…" pair from a comment that leads or trails the text.
struct Hint {
  std::string name;  // lower case, for instance "tidemark.level"
  std::string value;

  auto operator<=>(const Hint&) const = default;
};

// Whether it is the gateway that keeps the setting: "tidemark.level", ….
inline bool is_own_setting(std::string_view name) { return name.starts_with("tidemark."); }

struct Statement {
  Kind kind = Kind::k_empty;

  // A standby would refuse it, or would answer something else than the primary. False says nothing
  // about k_execute (see the prepared statement) and k_fetch (see the transaction).
  bool needs_primary = false;
  const char* why_primary = nullptr;  // static text; null exactly when !needs_primary
  // Something may have changed that a later read must see. Implies needs_primary.
  bool may_write = false;
  Pin pin = Pin::k_none;
  // May leave session state that the text does not show (DO, CALL, user-defined volatile functions,
  // k_unparsed): probe the server connection afterwards.
  bool opaque = false;
  // A k_multi with BEGIN, COMMIT, SAVEPOINT or the like among its statements.
  bool controls_transaction = false;

  // Settings changed at session level: lower case, sorted, once each. Never those of SET LOCAL.
  std::vector<std::string> settings;
  bool all_settings = false;    // RESET ALL, DISCARD ALL
  bool local_settings = false;  // SET LOCAL, set_config(…, true), SET of a transaction_… setting

  // A single SET, SHOW, RESET. SHOW ALL is the name "all".
  std::string setting_name;      // lower case
  std::string setting_value;     // the constant, or the list joined with ", "
  bool setting_default = false;  // SET … TO DEFAULT
  bool setting_current = false;  // SET … FROM CURRENT
  bool setting_local = false;    // SET LOCAL
  // A setting of the gateway's own that the text names where only a server would hear of it, and
  // nothing would come of it: in set_config(), in ALTER ROLE or DATABASE … SET, or in SET, RESET or
  // SHOW as one of several statements.
  std::string unheard_setting;

  // BEGIN, SET TRANSACTION, SET SESSION CHARACTERISTICS; absent where the text is silent.
  std::optional<bool> read_only;
  std::optional<Isolation> isolation;
  std::optional<bool> deferrable;
  bool session_characteristics = false;  // SET SESSION CHARACTERISTICS, not SET TRANSACTION
  bool chain = false;                    // COMMIT or ROLLBACK AND CHAIN
  // Of a k_savepoint, and of a k_multi, in the order of the text.
  std::vector<TransactionStep> steps;
  // Of a k_multi: what stands behind its first COMMIT, ROLLBACK or PREPARE TRANSACTION, merged as
  // the whole is. Of a k_unparsed: something may. Null: nothing does.
  std::shared_ptr<const Statement> behind_end;
  // A BEGIN with so many SET TRANSACTION behind it in the same text, whose characteristics are the
  // ones above: libpqxx begins transactions like that. Nothing else stands in the text.
  std::uint8_t sets_of_begin = 0;

  // The prepared statement of PREPARE, EXECUTE, DEALLOCATE. In a k_query: the one that EXPLAIN
  // EXECUTE or CREATE TABLE AS EXECUTE runs, which must exist on the server connection.
  std::string name;
  std::shared_ptr<const Statement> inner;  // k_prepare only

  // Sorted, once each. A relation that is read and written is in both. Names of common table
  // expressions are not relations.
  std::vector<Relation> reads;
  std::vector<Relation> writes;
  std::vector<FunctionName> functions;

  // The stored relations that running it touches, as the catalogue and the search path say: those
  // named, what lies behind views, policies and functions, through any depth, tables that foreign
  // keys change, and every ancestor of each. Sorted by oid, once each. What is locked counts as
  // written; a table that is modified is read only if a part of the text reads it. PostgreSQL's own
  // relations are not listed. Nothing for k_execute (see the prepared statement) and k_fetch (see
  // the cursor, declared in the same transaction). Not yet run for k_prepare: see `inner`.
  std::vector<Touched> touched_reads;
  std::vector<Touched> touched_writes;
  // There may be others that are not listed: a function or trigger that cannot be looked into, DDL,
  // a change of PostgreSQL's own relations, a text that is not understood. Unknown writes concern
  // every later read, even one that lists nothing.
  bool reads_unknown = false;
  bool writes_unknown = false;
  bool reads_system = false;  // PostgreSQL's own relations, which are not listed

  // The database whose idle connections stand in the way: DROP, ALTER DATABASE, or the template of
  // CREATE DATABASE. Empty otherwise.
  std::string affected_database;

  // Shows the server session's own state (settings, cursors): it must be the client's.
  bool reads_session_catalog = false;
  // Shows its prepared statements (pg_prepared_statements): these, too, must be exactly the
  // client's.
  bool reads_prepared = false;
  // Names a relation or function that the catalogue does not have: it may be out of date.
  bool unknown_name = false;
  bool changes_catalogue = false;  // DDL of any sort: reload the Catalogue

  std::vector<Hint> hints;  // in the order of the text

  // Of `inner` and `behind_end`, by address.
  bool operator==(const Statement&) const = default;

  // Bytes on the heap and in the value itself, near enough to limit a cache by.
  std::size_t memory() const;
};

}  // namespace tidemark::sql
