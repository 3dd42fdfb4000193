#include "session/durability.h"

#include <utility>

#include "session/server.h"
#include "wire/client_messages.h"

namespace tidemark::session {
namespace {

using consistency::Durability;

// Of a statement and a portal that live for one batch. pg_prepared_statements would show it to who
// asks in the same batch.
constexpr std::string_view k_name = "tidemark.durability";

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

// current_setting() if it is at least as strong, weakest first; otherwise `least`.
std::string value_of(const Raise& raise) {
  const std::string least = quoted(consistency::to_string(raise.least));
  if (!raise.never_lower) return least;
  std::string stronger;
  for (auto level = raise.least; level <= Durability::k_remote_apply;
       level = static_cast<Durability>(static_cast<int>(level) + 1)) {
    if (!stronger.empty()) stronger += ',';
    stronger += quoted(consistency::to_string(level));
  }
  const std::string now = "pg_catalog.current_setting('synchronous_commit')";
  return "CASE WHEN " + now + " IN (" + stronger + ") THEN " + now + " ELSE " + least + " END";
}

std::string set_config(const std::string& value, bool local) {
  return "SELECT pg_catalog.set_config('synchronous_commit'," + value +
         (local ? ",true)" : ",false)");
}

}  // namespace

std::string sql_to_raise(const Raise& raise, bool beyond_end) {
  return set_config(value_of(raise), !beyond_end);
}

void raise_in_batch(Server& server, const Raise& raise) {
  std::string frames;
  // One that was cancelled half way has left it behind.
  wire::append_close(frames, wire::Target::k_statement, k_name);
  wire::append_parse(frames, k_name, sql_to_raise(raise), {});
  wire::append_bind(frames, k_name, k_name);
  wire::append_execute(frames, k_name);
  wire::append_close(frames, wire::Target::k_portal, k_name);
  wire::append_close(frames, wire::Target::k_statement, k_name);
  for (const Expect expect : {Expect::k_close, Expect::k_parse, Expect::k_bind, Expect::k_execute,
                              Expect::k_close, Expect::k_close}) {
    Reply reply;
    reply.expect = expect;
    reply.swallow = true;
    server.expect(std::move(reply));
  }
  server.send(frames);
}

std::string sql_to_raise_alone(const Raise& raise, std::optional<std::string_view> own) {
  std::string sql = own.has_value() ? set_config(quoted(*own), false) + ";"
                                    : std::string("RESET synchronous_commit;");
  if (raise.any()) sql += set_config(value_of(raise), false);
  return sql;
}

}  // namespace tidemark::session
