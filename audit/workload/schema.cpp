#include "audit/workload/schema.h"

#include <fmt/format.h>

#include <charconv>
#include <random>

#include "audit/workload/dsn.h"

namespace tidemark::audit {
namespace {

constexpr std::string_view k_create = R"sql(
BEGIN;
CREATE SCHEMA {0};
CREATE TABLE {0}.registers
  (key int PRIMARY KEY, version bigint NOT NULL, writer bigint NOT NULL, value bigint);
CREATE TABLE {0}.counters
  (key int PRIMARY KEY, version bigint NOT NULL, writer bigint NOT NULL, value bigint);
CREATE TABLE {0}.lists
  (key int PRIMARY KEY, version bigint NOT NULL, writer bigint NOT NULL, value bigint[]);
CREATE FUNCTION {0}.server() RETURNS text STABLE LANGUAGE sql AS $$
  SELECT concat(coalesce(host(pg_catalog.inet_server_addr()), 'local'), ':',
                pg_catalog.current_setting('port'),
                CASE WHEN pg_catalog.pg_is_in_recovery() THEN ' standby' ELSE ' primary' END) $$;
INSERT INTO {0}.registers SELECT key, 0, 0, 0 FROM pg_catalog.generate_series(0, {1}) AS key;
INSERT INTO {0}.counters SELECT key, 0, 0, 0 FROM pg_catalog.generate_series(0, {1}) AS key;
INSERT INTO {0}.lists SELECT key, 0, 0, '{{}}' FROM pg_catalog.generate_series(0, {1}) AS key;
COMMIT)sql";

// Only one's own: others may be nobody's business.
constexpr std::string_view k_others = R"sql(
SELECT nspname FROM pg_catalog.pg_namespace
 WHERE nspname LIKE 'tidemark\_audit\_%' AND nspname <> '{}'
   AND pg_catalog.pg_has_role(nspowner, 'USAGE') ORDER BY nspname)sql";

constexpr std::string_view k_count = R"sql(
SELECT (SELECT count(*) FROM {0}.registers) + (SELECT count(*) FROM {0}.counters) +
       (SELECT count(*) FROM {0}.lists))sql";

constexpr std::string_view k_rows = R"sql(
SELECT 'r', key, version, writer, NULL FROM {0}.registers UNION ALL
SELECT 'c', key, version, writer, value::text FROM {0}.counters UNION ALL
SELECT 'l', key, version, writer, value::text FROM {0}.lists)sql";

std::string random_name() {
  std::random_device device;
  return fmt::format("tidemark_audit_{:08x}{:08x}", device(), device());
}

Result<Answer> run(Link& link, const std::string& text, Duration patience) {
  Answer answer = link.run(text, patience);
  if (answer.fate != Fate::k_done) return fail(answer.message);
  return answer;
}

// What to do about it.
std::string hint(const Answer& answer) {
  if (answer.sqlstate == "25006") return "; --write-to names where to write, the primary";
  if (answer.sqlstate == "42501") return "; the login needs CREATE on the database";
  return "";
}

RowId row_of(const Cells& cells, unsigned keys) {
  const std::string& kind = *cells[0];
  const unsigned table = kind == "r" ? 0 : kind == "c" ? 1 : 2;
  return table * keys + static_cast<unsigned>(parse_number(*cells[1]));
}

}  // namespace

std::uint64_t parse_number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::vector<WriteId> parse_items(std::string_view text) {
  std::vector<WriteId> items;
  std::uint64_t number = 0;
  for (const char letter : text) {
    if (letter >= '0' && letter <= '9') {
      number = number * 10 + static_cast<std::uint64_t>(letter - '0');
    } else if (letter == ',' || (letter == '}' && text.size() > 2)) {
      items.push_back(number);
      number = 0;
    }
  }
  return items;
}

Result<Schema> Schema::create(const std::string& write_to, unsigned keys, Duration patience) {
  const std::string shown = without_secrets(write_to).value_or("where writes go");
  auto link = Link::open(write_to, patience);
  if (!link) return fail(fmt::format("{}: {}", shown, link.error().message));
  Schema schema(random_name(), keys, patience);
  const Answer made = link->run(fmt::format(k_create, schema.name_, keys - 1), patience);
  if (made.fate == Fate::k_done) {
    schema.note_others(*link);
    return schema;
  }
  // What was answered by nobody may be there all the same.
  (void)schema.drop(write_to);
  return fail(fmt::format("{}: cannot create the schema {}: {}{}", shown, schema.name_,
                          made.message, hint(made)));
}

void Schema::note_others(Link& link) {
  const Answer answer = link.run(fmt::format(k_others, name_), patience_);
  for (const Cells& cells : answer.rows) others_.push_back(cells.at(0).value_or(""));
}

Result<void> Schema::shown_by(const std::string& dsn) const {
  auto link = Link::open(dsn, patience_);
  if (!link) return std::unexpected(link.error());
  const auto answer = run(*link, fmt::format(k_count, name_), patience_);
  if (!answer) return std::unexpected(answer.error());
  if (answer->rows.size() == 1 && answer->rows[0][0] == std::to_string(3 * keys_)) return {};
  return fail("it shows some of the rows only");
}

Result<void> Schema::read_last(const std::string& write_to, History& history) const {
  auto link = Link::open(write_to, patience_);
  if (!link) return std::unexpected(link.error());
  // A transaction that has written is on the primary, whatever stands between.
  auto begun = run(*link, "BEGIN", patience_);
  if (begun) begun = run(*link, fmt::format("CREATE TABLE {}.ended ()", name_), patience_);
  if (!begun) return std::unexpected(begun.error());
  const auto rows = run(*link, fmt::format(k_rows, name_), patience_);
  if (!rows) return std::unexpected(rows.error());
  (void)run(*link, "ROLLBACK", patience_);
  for (const Cells& cells : rows->rows) {
    const RowId row = row_of(cells, keys_);
    history.last.push_back(
        {.row = row, .version = parse_number(*cells[2]), .writer = parse_number(*cells[3])});
    if (history.rows[row].kind == RowKind::k_list) {
      history.last_lists.push_back({.row = row, .items = parse_items(*cells[4])});
    }
  }
  return {};
}

Result<void> Schema::drop(const std::string& write_to) const {
  const std::string statement = fmt::format("DROP SCHEMA IF EXISTS {} CASCADE", name_);
  auto link = Link::open(write_to, patience_);
  if (!link) return fail(fmt::format("{}; drop it by hand: {}", link.error().message, statement));
  const auto dropped = run(*link, statement, patience_);
  if (dropped) return {};
  return fail(fmt::format("{}; drop it by hand: {}", dropped.error().message, statement));
}

}  // namespace tidemark::audit
