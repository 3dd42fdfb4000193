#include "audit/workload/endpoint.h"

#include <fmt/format.h>

#include "audit/workload/dsn.h"
#include "audit/workload/link.h"

namespace tidemark::audit {

std::string filled_in(const std::string& sql, std::string_view text) {
  const std::size_t at = sql.find("%s");
  if (at == std::string::npos) return sql;
  std::string literal;
  for (const char letter : text) literal += letter == '\'' ? "''" : std::string(1, letter);
  return sql.substr(0, at) + literal + sql.substr(at + 2);
}

std::string word(std::string_view text, std::string_view key) {
  const std::string wanted = fmt::format(" {}=", key);
  const std::string padded = fmt::format(" {}", text);
  const std::size_t found = padded.find(wanted);
  if (found == std::string::npos) return "";
  std::size_t begin = found + wanted.size();
  const bool quoted = begin < padded.size() && padded[begin] == '"';
  if (quoted) ++begin;
  return padded.substr(begin, padded.find(quoted ? '"' : ' ', begin) - begin);
}

Result<Endpoint> meet(const std::string& dsn, const SessionSql& sql, const std::string& schema,
                      Duration patience) {
  const auto shown = without_secrets(dsn);
  if (!shown) return std::unexpected(shown.error());
  auto link = Link::open(dsn, patience);
  if (!link) return fail(fmt::format("{}: {}", *shown, link.error().message));
  const Answer level = link->run("SHOW tidemark.level", patience);
  if (level.fate == Fate::k_lost || level.fate == Fate::k_late) {
    return fail(fmt::format("{}: {}", *shown, level.message));
  }
  const bool tidemark = level.fate == Fate::k_done;
  const auto used = [tidemark](const std::optional<std::string>& given, const char* otherwise) {
    return given.value_or(tidemark ? otherwise : "");
  };
  return Endpoint{.dsn = dsn,
                  .shown = *shown,
                  .tidemark = tidemark,
                  .identify = used(sql.identify, "SET tidemark.session = '%s'"),
                  .token_out = used(sql.token_out, "SHOW tidemark.token"),
                  .token_in = used(sql.token_in, "SET tidemark.token = '%s'"),
                  .statements = Statements(schema, !tidemark)};
}

}  // namespace tidemark::audit
