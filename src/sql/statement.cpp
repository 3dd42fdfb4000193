#include "sql/statement.h"

namespace tidemark::sql {
namespace {

std::size_t memory_of(const std::string& text) { return sizeof(text) + text.capacity(); }
std::size_t memory_of(const Name& name) { return memory_of(name.schema) + memory_of(name.name); }
std::size_t memory_of(const Touched& touched) {
  return sizeof(touched.oid) + memory_of(touched.schema) + memory_of(touched.name);
}
std::size_t memory_of(const TransactionStep& step) {
  return sizeof(step.kind) + memory_of(step.savepoint);
}
std::size_t memory_of(const Hint& hint) { return memory_of(hint.name) + memory_of(hint.value); }

template <class T>
std::size_t memory_of_all(const std::vector<T>& list) {
  std::size_t sum = (list.capacity() - list.size()) * sizeof(T);
  for (const T& item : list) sum += memory_of(item);
  return sum;
}

}  // namespace

const char* to_string(Kind kind) {
  switch (kind) {
    case Kind::k_empty:
      return "empty";
    case Kind::k_query:
      return "query";
    case Kind::k_begin:
      return "begin";
    case Kind::k_commit:
      return "commit";
    case Kind::k_rollback:
      return "rollback";
    case Kind::k_savepoint:
      return "savepoint";
    case Kind::k_set_transaction:
      return "set transaction";
    case Kind::k_set:
      return "set";
    case Kind::k_reset:
      return "reset";
    case Kind::k_reset_all:
      return "reset all";
    case Kind::k_show:
      return "show";
    case Kind::k_prepare:
      return "prepare";
    case Kind::k_execute:
      return "execute";
    case Kind::k_deallocate:
      return "deallocate";
    case Kind::k_deallocate_all:
      return "deallocate all";
    case Kind::k_discard_all:
      return "discard all";
    case Kind::k_fetch:
      return "fetch";
    case Kind::k_prepare_transaction:
      return "prepare transaction";
    case Kind::k_finish_prepared:
      return "finish prepared transaction";
    case Kind::k_multi:
      return "several statements";
    case Kind::k_unparsed:
      return "not understood";
  }
  return "unknown";
}

const char* to_string(Pin pin) {
  switch (pin) {
    case Pin::k_none:
      return "none";
    case Pin::k_temporary_table:
      return "temporary table";
    case Pin::k_listen:
      return "LISTEN";
    case Pin::k_advisory_lock:
      return "session-level advisory lock";
    case Pin::k_cursor_with_hold:
      return "cursor WITH HOLD";
    case Pin::k_lastval:
      return "currval or lastval";
    case Pin::k_load:
      return "LOAD";
    case Pin::k_seed:
      return "seed of the random numbers";
    case Pin::k_session_authorization:
      return "SET SESSION AUTHORIZATION";
    case Pin::k_settings_unknown:
      return "set_config of an unknown setting";
    case Pin::k_connection_function:
      return "connection kept by a function";
    case Pin::k_replication:
      return "replication slot, origin or backup";
    case Pin::k_backend_pid:
      return "pg_backend_pid()";
    case Pin::k_string_syntax:
      return "standard_conforming_strings";
  }
  return "unknown";
}

std::size_t Statement::memory() const {
  std::size_t sum = sizeof(*this) + setting_name.capacity() + setting_value.capacity() +
                    name.capacity() + affected_database.capacity() + unheard_setting.capacity();
  sum += memory_of_all(settings) + memory_of_all(reads) + memory_of_all(writes);
  sum += memory_of_all(functions) + memory_of_all(hints);
  sum += memory_of_all(touched_reads) + memory_of_all(touched_writes);
  sum += memory_of_all(steps);
  for (const auto& part : {inner, behind_end}) sum += part == nullptr ? 0 : part->memory();
  return sum;
}

}  // namespace tidemark::sql
