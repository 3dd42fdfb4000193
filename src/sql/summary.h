// A Statement in one line, for tests: its kind, then the flags that are set.
#pragma once

#include <string>

#include "sql/statement.h"

namespace tidemark::sql {

inline std::string summary(const Statement& statement) {
  std::string text = to_string(statement.kind);
  const auto add = [&](bool condition, const std::string& word) {
    if (condition) text += ", " + word;
  };
  const auto add_names = [&](const char* word, const std::vector<Name>& names) {
    if (names.empty()) return;
    text += std::string(", ") + word;
    for (const Name& name : names) {
      text += " " + (name.schema.empty() ? "" : name.schema + ".") + name.name;
    }
  };
  add(statement.needs_primary, "primary");
  add(statement.may_write, "may write");
  add(statement.opaque, "opaque");
  add(statement.controls_transaction, "controls transaction");
  add(statement.pin != Pin::k_none, std::string("pin ") + to_string(statement.pin));
  for (const std::string& setting : statement.settings) add(true, "set " + setting);
  add(statement.all_settings, "set all");
  add(statement.local_settings, "set local");
  add(!statement.unheard_setting.empty(), "unheard " + statement.unheard_setting);
  add(statement.reads_session_catalog, "session catalog");
  add(statement.reads_prepared, "prepared catalog");
  add(statement.changes_catalogue, "ddl");
  add(!statement.affected_database.empty(), "database " + statement.affected_database);
  add_names("reads", statement.reads);
  add_names("writes", statement.writes);
  return text;
}

}  // namespace tidemark::sql
