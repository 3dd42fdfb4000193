#include "sql/normalise.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace tidemark::sql {
namespace {

template <class T>
void sort_once_each(std::vector<T>& list) {
  std::ranges::sort(list);
  const auto repeated = std::ranges::unique(list);
  list.erase(repeated.begin(), repeated.end());
}

template <class T>
void append(std::vector<T>&& from, std::vector<T>& to) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// What a statement does beyond its own flags when it stands among others, where a session cannot
// follow it one by one.
Effects effects_among_others(const Statement& part) {
  switch (part.kind) {
    case Kind::k_execute:
      return anything("runs a prepared statement");
    case Kind::k_prepare:
    case Kind::k_deallocate:
    case Kind::k_deallocate_all:
    case Kind::k_discard_all:
      return {.why_primary = "prepared statements among several statements", .opaque = true};
    default:
      if (!controls_transaction(part.kind)) return {};
      return reads_primary("transaction control among several statements");
  }
}

// Adds a statement that ends a transaction; the others have said it of themselves.
void add_end(Kind kind, std::vector<TransactionStep>& steps) {
  using Step = TransactionStep::Kind;
  if (kind == Kind::k_rollback) steps.push_back({Step::k_rollback, {}});
  if (ends_transaction(kind) && kind != Kind::k_rollback) steps.push_back({Step::k_commit, {}});
}

}  // namespace

bool ends_transaction(Kind kind) {
  return kind == Kind::k_commit || kind == Kind::k_rollback || kind == Kind::k_prepare_transaction;
}

bool controls_transaction(Kind kind) {
  switch (kind) {
    case Kind::k_begin:
    case Kind::k_commit:
    case Kind::k_rollback:
    case Kind::k_savepoint:
    case Kind::k_prepare_transaction:
    case Kind::k_finish_prepared:
      return true;
    default:
      return false;
  }
}

Effects effects_of(const Statement& statement) {
  return {.why_primary = statement.why_primary,
          .may_write = statement.may_write,
          .opaque = statement.opaque,
          .pin = statement.pin,
          .reads_session_catalog = statement.reads_session_catalog,
          .reads_prepared = statement.reads_prepared,
          .unknown_name = statement.unknown_name};
}

void apply(const Effects& effects, Statement& statement) {
  statement.why_primary = effects.why_primary;
  statement.needs_primary = effects.why_primary != nullptr;
  statement.may_write = effects.may_write;
  statement.opaque = effects.opaque;
  statement.pin = effects.pin;
  statement.reads_session_catalog = effects.reads_session_catalog;
  statement.reads_prepared = effects.reads_prepared;
  statement.unknown_name = effects.unknown_name;
}

void normalise(Statement& statement) {
  sort_once_each(statement.settings);
  sort_once_each(statement.reads);
  sort_once_each(statement.writes);
  sort_once_each(statement.functions);
  sort_once_each(statement.touched_reads);
  sort_once_each(statement.touched_writes);
}

void merge_part(Statement&& part, Statement& whole) {
  Effects effects = effects_of(whole);
  effects.merge(effects_of(part));
  effects.merge(effects_among_others(part));
  apply(effects, whole);
  whole.controls_transaction = whole.controls_transaction || controls_transaction(part.kind);
  whole.all_settings = whole.all_settings || part.all_settings;
  whole.local_settings = whole.local_settings || part.local_settings;
  whole.changes_catalogue = whole.changes_catalogue || part.changes_catalogue;
  std::string& unheard =
      is_own_setting(part.setting_name) ? part.setting_name : part.unheard_setting;
  if (whole.unheard_setting.empty()) whole.unheard_setting = std::move(unheard);
  if (whole.affected_database.empty()) whole.affected_database = std::move(part.affected_database);
  append(std::move(part.steps), whole.steps);
  add_end(part.kind, whole.steps);
  append(std::move(part.settings), whole.settings);
  append(std::move(part.reads), whole.reads);
  append(std::move(part.writes), whole.writes);
  append(std::move(part.functions), whole.functions);
  append(std::move(part.touched_reads), whole.touched_reads);
  append(std::move(part.touched_writes), whole.touched_writes);
  const bool runs_another = part.kind == Kind::k_execute;
  whole.reads_system = whole.reads_system || part.reads_system;
  whole.reads_unknown = whole.reads_unknown || part.reads_unknown || runs_another;
  whole.writes_unknown = whole.writes_unknown || part.writes_unknown || runs_another;
}

Statement unparsed() {
  Statement statement;
  statement.kind = Kind::k_unparsed;
  Effects effects = anything("not understood by the parser");
  effects.reads_session_catalog = true;
  effects.reads_prepared = true;
  apply(effects, statement);
  statement.controls_transaction = true;
  statement.changes_catalogue = true;
  statement.reads_unknown = true;
  statement.writes_unknown = true;
  return statement;
}

}  // namespace tidemark::sql
