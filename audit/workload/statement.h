// Statement: one SQL statement of the workload with its parameters.
#pragma once

#include <string>
#include <vector>

#include "audit/history/history.h"

namespace tidemark::audit {

struct Statement {
  std::string name;  // for the prepared protocol: one name always has one text
  std::string text;  // with $1, $2, ... for the parameters
  // Integers, and arrays of them in PostgreSQL's form: nothing that quotes could break.
  std::vector<std::string> parameters;
};

// The text with the parameters in it as literals: for the simple protocol.
std::string with_literals(const Statement& statement);

// The statements of the workload, on the tables of one run:
//   registers, counters, lists (key int primary key, version bigint, writer bigint, value)
class Statements {
 public:
  // `ask_server`: reads also ask who serves them, by a function that only the endpoints' servers
  // can answer.
  Statements(std::string schema, bool ask_server)
      : schema_(std::move(schema)), ask_server_(ask_server) {}

  // Columns: kind ('r', 'c', 'l'), key, version, writer, server ("address:port primary"; null where
  // it was not asked), items ("{1,2}" if asked for). One row of a table ...
  Statement read_one(const Row& row, bool with_items) const;
  // ... and several, of any tables, in one statement.
  Statement read_many(const std::vector<Row>& rows) const;
  // Columns: version, xid, length (of a list; otherwise null).
  Statement write(const Row& row, WriteId id) const;

 private:
  std::string schema_;
  bool ask_server_;
};

// "registers", "counters", "lists".
const char* table_of(RowKind kind);
char letter_of(RowKind kind);

}  // namespace tidemark::audit
