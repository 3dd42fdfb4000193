#include "audit/workload/statement.h"

#include <fmt/format.h>

namespace tidemark::audit {

std::string with_literals(const Statement& statement) {
  std::string text;
  for (std::size_t at = 0; at < statement.text.size(); ++at) {
    // There are at most nine; a $ without a number is the text's own.
    const auto number = static_cast<std::size_t>(
        at + 1 < statement.text.size() ? statement.text[at + 1] - '1' : -1);
    if (statement.text[at] == '$' && number < statement.parameters.size()) {
      text += '\'' + statement.parameters[number] + '\'';
      ++at;
    } else {
      text += statement.text[at];
    }
  }
  return text;
}

const char* table_of(RowKind kind) {
  switch (kind) {
    case RowKind::k_register:
      return "registers";
    case RowKind::k_counter:
      return "counters";
    case RowKind::k_list:
      break;
  }
  return "lists";
}

char letter_of(RowKind kind) { return table_of(kind)[0]; }

Statement Statements::read_one(const Row& row, bool with_items) const {
  const char* table = table_of(row.kind);
  return {.name = fmt::format("read_{}{}", table, with_items ? "_items" : ""),
          .text = fmt::format(
              "SELECT '{}', key, version, writer, {}, {} FROM {}.{} WHERE key = $1::int",
              letter_of(row.kind), ask_server_ ? schema_ + ".server()" : "NULL",
              with_items ? "value" : "NULL", schema_, table),
          .parameters = {std::to_string(row.key)}};
}

Statement Statements::read_many(const std::vector<Row>& rows) const {
  Statement statement{.name = "read_many", .text = {}, .parameters = {}};
  for (const RowKind kind : {RowKind::k_register, RowKind::k_counter, RowKind::k_list}) {
    std::string keys;
    for (const Row& row : rows) {
      if (row.kind == kind) keys += (keys.empty() ? "" : ",") + std::to_string(row.key);
    }
    if (keys.empty()) continue;
    const bool first = statement.parameters.empty();
    statement.parameters.push_back("{" + keys + "}");
    statement.name += fmt::format("_{}", table_of(kind));
    statement.text += fmt::format(
        "{}SELECT '{}', key, version, writer, {}, NULL FROM {}.{} WHERE key = ANY (${}::int[])",
        first ? "" : " UNION ALL ", letter_of(kind),
        ask_server_ ? schema_ + ".server()" : "NULL::text", schema_, table_of(kind),
        statement.parameters.size());
  }
  return statement;
}

Statement Statements::write(const Row& row, WriteId id) const {
  const char* value = "$1::bigint";
  const char* length = "NULL";
  if (row.kind == RowKind::k_counter) value = "value + 1";
  if (row.kind == RowKind::k_list) {
    value = "value || $1::bigint";
    length = "cardinality(value)";
  }
  return {.name = fmt::format("write_{}", table_of(row.kind)),
          .text = fmt::format("UPDATE {}.{} SET version = version + 1, writer = $1::bigint, "
                              "value = {} WHERE key = $2::int "
                              "RETURNING version, pg_current_xact_id(), {}",
                              schema_, table_of(row.kind), value, length),
          .parameters = {std::to_string(id), std::to_string(row.key)}};
}

}  // namespace tidemark::audit
