#include "session/need.h"

#include "session/own_settings.h"

namespace tidemark::session {

// A text too long to look at: anything may be in it.
const std::shared_ptr<const sql::Statement>& oversized_statement() {
  static const std::shared_ptr<const sql::Statement> k_oversized = [] {
    sql::Statement statement;
    statement.kind = sql::Kind::k_unparsed;
    statement.needs_primary = true;
    statement.why_primary = "a statement too long to look at";
    statement.may_write = true;
    statement.opaque = true;
    statement.controls_transaction = true;
    statement.changes_catalogue = true;
    statement.pin = sql::Pin::k_settings_unknown;
    statement.reads_unknown = true;
    statement.writes_unknown = true;
    return std::make_shared<const sql::Statement>(std::move(statement));
  }();
  return k_oversized;
}

bool concerns_session_only(sql::Kind kind) {
  switch (kind) {
    case sql::Kind::k_empty:
    case sql::Kind::k_begin:
    case sql::Kind::k_commit:
    case sql::Kind::k_rollback:
    case sql::Kind::k_savepoint:
    case sql::Kind::k_set_transaction:
    case sql::Kind::k_set:
    case sql::Kind::k_reset:
    case sql::Kind::k_reset_all:
    case sql::Kind::k_show:
    case sql::Kind::k_deallocate:
    case sql::Kind::k_deallocate_all:
    case sql::Kind::k_discard_all:
      return true;
    default:
      return false;
  }
}

bool runs_another(const sql::Statement& statement) {
  return !statement.name.empty() && statement.kind != sql::Kind::k_prepare &&
         !concerns_session_only(statement.kind);
}

std::optional<Refusal> refusal_of_unheard(const sql::Statement& statement) {
  if (statement.unheard_setting.empty()) return std::nullopt;
  return Refusal{
      "0A000", "parameter \"" + statement.unheard_setting + "\" cannot be set or shown like this",
      "Nothing would come of it: it is the gateway's, and the statement goes to a server.",
      "Send SET, RESET or SHOW in a message of its own; for a role or a database, write "
      "a rule."};
}

void add_statement(Need& need, const sql::Statement& statement) {
  if (concerns_session_only(statement.kind)) {
    // The primary where there is one: it is what the client believes to be connected to.
    need.require_primary(statement.why_primary != nullptr ? statement.why_primary
                                                          : "session state");
  } else {
    need.touches_data = true;
    if (statement.needs_primary) need.require_primary(statement.why_primary);
  }
  if (statement.pin == sql::Pin::k_lastval) need.own_session = true;
  if (statement.kind == sql::Kind::k_begin || statement.controls_transaction) need.begins = true;
  if (statement.kind == sql::Kind::k_show && statement.setting_name == own_setting::k_token) {
    need.shows_token = true;
  }
  need.unknown_name = need.unknown_name || statement.unknown_name;
  if (!statement.affected_database.empty()) {
    need.extra().affected_database = statement.affected_database;
  }
  for (const sql::Hint& hint : statement.hints) {
    const auto taken = need.extra().hints.add(hint.name, hint.value);
    if (!taken.has_value()) need.extra().refusal = taken.error();
  }
  if (auto refusal = refusal_of_unheard(statement)) need.extra().refusal = std::move(refusal);
}

}  // namespace tidemark::session
