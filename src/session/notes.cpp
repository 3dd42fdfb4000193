// What a statement that is about to run will do, noted before it does.
#include <utility>

#include "session/client.h"

namespace tidemark::session {
namespace {

using sql::Kind;

// Whether a standby would carry the statement out, in a READ ONLY transaction, with another meaning
// than the primary. What only writes it refuses itself, in PostgreSQL's own words.
bool would_go_unnoticed(const sql::Statement& statement) {
  if (statement.pin != sql::Pin::k_none || statement.opaque) return true;
  return statement.needs_primary && !statement.may_write &&
         !concerns_session_only(statement.kind) && statement.kind != Kind::k_fetch;
}

// Whether names of tables, views and columns, or what views and triggers do, may mean something
// else behind the statement. What cannot be looked into (a function, a trigger) may run DDL, and
// privileges decide which schemas of a path are passed over.
bool may_rename(const sql::Statement& statement) {
  return statement.changes_catalogue || statement.opaque || statement.writes_unknown;
}

// A prepared EXECUTE may execute another; nobody writes more of them than this.
constexpr int k_most_executes = 16;

Refusal executes_too_deeply() {
  return {"54001", "a prepared statement executes too many others, or itself", {}, {}};
}

}  // namespace

// Why a statement must not run in the transaction that is open, nor what it executes by name.
std::optional<Refusal> Client::refusal_of(const StatementPtr& executed) {
  StatementPtr statement = executed;
  for (int depth = 0; statement != nullptr; ++depth) {
    // Parsed by the name that it executes, for one.
    if (depth > k_most_executes) return executes_too_deeply();
    if (auto refusal = refusal_by_itself(statement)) return refusal;
    if (!runs_another(*statement)) break;
    statement = meaning_of(names_.find(statement->name));
  }
  return std::nullopt;
}

// The same of what its text says.
std::optional<Refusal> Client::refusal_by_itself(const StatementPtr& statement) {
  // Outside a transaction the unit was routed by what it does; should the catalogue have changed
  // its mind since, the standby itself refuses, and the unit is run again elsewhere.
  if (!last_route_->on_primary && would_go_unnoticed(*statement)) {
    return Refusal{
        "25006",
        std::string("cannot run this on a standby: ") +
            (statement->why_primary != nullptr ? statement->why_primary : "session state"),
        "The transaction was begun READ ONLY and is served by a standby.",
        "Begin it READ WRITE, or set tidemark.level to 'strong'."};
  }
  if (auto refusal = refusal_of_unheard(*statement)) return refusal;
  if (!statement->hints.empty()) {
    if (auto refusal = refusal_of_hints(*statement)) return refusal;
  }
  const bool saves = statement->kind == Kind::k_savepoint || statement->controls_transaction;
  if (saves && own_.is_full() && !has_failed()) {
    return Refusal{"54000", "too many savepoints behind a setting of the gateway's own",
                   "The transaction has set tidemark.level or the like, and then " +
                       std::to_string(k_max_savepoints) + " savepoints.",
                   "Set it before BEGIN, or right behind it."};
  }
  if (concerns_session_only(statement->kind)) return std::nullopt;
  if (auto refusal = refusal_of_lowering(statement)) return refusal;
  return refusal_in_transaction(*statement, reader_->concern_of(statement));
}

// Notes what a statement that is about to run will do. False: it must not run here, and the
// transaction has been failed instead.
bool Client::note(const StatementPtr& noted) {
  if (transaction_ == Transaction::k_open) {
    if (const auto refusal = refusal_of(noted)) {
      fail_transaction(*refusal);
      return false;
    }
  }
  const sql::Statement& statement = *noted;
  const bool standby = !last_route_->on_primary;
  if (statement.pin != sql::Pin::k_none && !standby) pin(statement.pin);
  work_->trace.may_write = work_->trace.may_write || statement.may_write;
  work_->trace.opaque = work_->trace.opaque || statement.opaque;
  work_->trace.changes_catalogue = work_->trace.changes_catalogue || statement.changes_catalogue;
  if (!concerns_session_only(statement.kind)) note_concern(reader_->concern_of(noted));
  if (turned_out_to_write_ && !standby) {
    note_writing(reader_->concern_of_anything().written, true);
  } else if (statement.may_write || !(standby || concerns_session_only(statement.kind))) {
    note_writing(reader_->concern_of(noted).written, may_rename(statement));
  }
  note_settings(statement);
  note_steps(noted);
  if (statement.kind == Kind::k_begin || statement.controls_transaction)
    work_->trace.transaction = true;
  if (statement.kind == Kind::k_begin) serializable_ = false;
  const bool ends = statement.kind == Kind::k_commit || statement.kind == Kind::k_rollback ||
                    statement.controls_transaction;
  ends_transaction_ = ends_transaction_ || (standby && ends);
  work_->trace.ended = work_->trace.ended || ends;
  if (ends || statement.kind == Kind::k_savepoint) work_->trace.raised = {};
  // Behind what several statements have ended another one may be open, with some of their writes.
  if (ends && !statement.controls_transaction) work_->trace.owed = {};
  work_->trace.rolled_back = statement.kind == Kind::k_rollback;
  return true;
}

// What runs on the primary and writes no table, as far as is known, is told as well: a function or
// view may be another by the time that it runs.
void Client::note_writing(const consistency::TableSet& written, bool renames) {
  if (!around_->reports_writes) return;
  const consistency::TableScope scope = reader_->table_scope();
  if (!is_writing_) work_->writing = {.tables = {}, .scope = scope};
  const bool is_known = work_->writing.tables.contains(written) &&
                        (work_->writing.tables.any() || work_->writing.scope == scope) &&
                        (work_->writing.renames || !renames);
  if (std::exchange(is_writing_, true) && is_known) return;
  if (work_->writing.scope != scope) work_->writing.tables.add_any();
  work_->writing.tables.add(written);
  work_->writing.renames = work_->writing.renames || renames;
  actions_.writes = true;
  // What has ended a moment ago, and is not reported yet, is then still counted.
  if (actions_.written == Written::k_over) actions_.written = Written::k_no;
}

// Whether everything that was sent has been answered: what is not committed by then, and is not
// followed by anything, never will be.
bool Client::is_quiet_on_server() const {
  return server_->replies().empty() && !unsynced_ && streaming_ == 0;
}

void Client::end_writing(bool is_over) {
  if (!std::exchange(is_writing_, false)) return;
  actions_.written = is_over ? Written::k_over : Written::k_unknown;
}

void Client::note_settings(const sql::Statement& statement) {
  const bool sets_none = statement.settings.empty() && !statement.all_settings &&
                         !statement.local_settings && !statement.opaque;
  if (sets_none) return;
  work_->trace.settings.insert(statement.settings.begin(), statement.settings.end());
  if (statement.all_settings) {
    work_->trace.all_settings = true;
    work_->trace.told.clear();
    own_.reset_all(transaction_ == Transaction::k_open);
  }
  if (statement.kind == Kind::k_reset || statement.setting_default) {
    work_->trace.reset.insert(statement.settings.begin(), statement.settings.end());
  } else {
    for (const std::string& name : statement.settings) work_->trace.reset.erase(name);
  }
  // What is bound may never be executed.
  const bool tells = statement.kind == Kind::k_set && !statement.setting_default && !unsynced_ &&
                     is_told_by_text(statement.setting_name, statement.setting_value);
  for (const std::string& name : statement.settings) work_->trace.told.erase(name);
  for (const std::string& name : statement.settings) {
    if (tells) work_->trace.told.emplace(name, statement.setting_value);
  }
  note_names_of_settings(statement);
  note_durability_of_settings(statement);
}

// What the gateway's own settings were is taken back with a savepoint, as the server's are. In a
// batch that is done at once, as more of them may be set in it; a Query is answered first.
void Client::note_steps(const StatementPtr& statement) {
  if (!own_.is_changed() || (statement->steps.empty() && !statement->chain)) return;
  if (unsynced_) return take_steps(*statement, has_failed());
  stepping_ = statement;
}

// `failed`: not all of the statements were carried out.
void Client::take_steps(const sql::Statement& statement, bool failed) {
  using Step = sql::TransactionStep::Kind;
  bool aborted = work_->trace.failed;
  if (statement.chain && !failed)
    own_.end_transaction(statement.kind == Kind::k_commit && !aborted);
  if (failed && statement.kind == Kind::k_savepoint) return;
  for (const sql::TransactionStep& step : statement.steps) {
    // Of several statements the error came behind those that set savepoints, as likely as not; who
    // then rolls back to one finds what was set when it was.
    if (failed && step.kind != Step::k_savepoint) continue;
    switch (step.kind) {
      case Step::k_savepoint:
        own_.set_savepoint(step.savepoint);
        break;
      case Step::k_release:
        own_.release(step.savepoint);
        break;
      case Step::k_rollback_to:
        own_.roll_back_to(step.savepoint);
        aborted = false;
        break;
      case Step::k_commit:
      case Step::k_rollback:
        own_.end_transaction(step.kind == Step::k_commit && !aborted);
        break;
    }
  }
}

// The transaction cannot go on: the client is told, and the server's part is rolled back.
void Client::fail_transaction(const Refusal& refusal) {
  std::string frames;
  refusal.append_to(frames, "ERROR");
  emit(std::move(frames));
  abort_on_server();
}

// Anything that fails makes the server's transaction fail, and what of it is implicit roll back.
void Client::abort_on_server() {
  ++aborts_;
  server_->ask("the gateway refused the statement before this one");
}

}  // namespace tidemark::session
