#include "cli/demo_client.h"

#include <fmt/format.h>
#include <libpq-fe.h>

namespace tidemark::cli {
namespace {

// The value of key= in a list of key=value and key="quoted value".
std::string word(const std::string& text, const std::string& key) {
  const std::size_t found = (" " + text).find(" " + key + "=");
  if (found == std::string::npos) return "";
  std::size_t begin = found + key.size() + 1;
  const bool quoted = begin < text.size() && text[begin] == '"';
  if (quoted) ++begin;
  return text.substr(begin, text.find(quoted ? '"' : ' ', begin) - begin);
}

}  // namespace

DemoRoute DemoRoute::parse(const std::string& text) {
  return {word(text, "node"), word(text, "role"), word(text, "level"), word(text, "reason")};
}

Result<void> DemoClient::connect(int port, const std::string& database) {
  connection_.reset(
      PQconnectdb(fmt::format("host=127.0.0.1 port={} dbname={} user=postgres connect_timeout=5 "
                              "application_name='tidemark demo'",
                              port, database)
                      .c_str()));
  if (PQstatus(connection_.get()) == CONNECTION_OK) return {};
  return fail(gateway::first_line(PQerrorMessage(connection_.get())));
}

Result<DemoAnswer> DemoClient::query(const std::string& sql) {
  const gateway::PgResult result(PQexec(connection_.get(), sql.c_str()));
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    return fail(gateway::first_line(PQerrorMessage(connection_.get())));
  }
  DemoAnswer answer;
  answer.tag = PQcmdStatus(result.get());
  for (int row = 0; row < PQntuples(result.get()); ++row) {
    auto& values = answer.rows.emplace_back();
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      values.emplace_back(gateway::field(result, row, column));
    }
  }
  return answer;
}

Result<void> DemoClient::run(const std::string& sql) {
  const auto answer = query(sql);
  if (!answer) return std::unexpected(answer.error());
  return {};
}

Result<DemoRoute> DemoClient::route() {
  const auto answer = query("SHOW tidemark.route");
  if (!answer) return std::unexpected(answer.error());
  return DemoRoute::parse(answer->value());
}

}  // namespace tidemark::cli
