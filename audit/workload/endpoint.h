// Endpoint: somewhere that sessions connect to, and what it understands.
#pragma once

#include <optional>
#include <string>

#include "audit/options.h"
#include "audit/workload/statement.h"
#include "base/result.h"

namespace tidemark::audit {

struct Endpoint {
  std::string dsn;
  std::string shown;      // without secrets
  bool tidemark = false;  // SHOW tidemark.level has an answer
  // The SQL to be used here, with %s; empty: none.
  std::string identify;
  std::string token_out;
  std::string token_in;
  Statements statements;
};

// Connects, and finds out what it understands.
//
// A Tidemark is not asked by the reads themselves who serves them: that would send them to the
// primary, as who serves is a matter of the server's own state. SHOW tidemark.route tells it
// afterwards.
Result<Endpoint> meet(const std::string& dsn, const SessionSql& sql, const std::string& schema,
                      Duration patience);

// "SET x = '%s'" with the text for %s, quotes doubled.
std::string filled_in(const std::string& sql, std::string_view text);

// The value of key= in "key=value other="quoted value"": empty if it is not there.
std::string word(std::string_view text, std::string_view key);

}  // namespace tidemark::audit
