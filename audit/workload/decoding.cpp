#include "audit/workload/decoding.h"

#include <charconv>
#include <optional>

#include "audit/workload/schema.h"
#include "audit/workload/statement.h"

namespace tidemark::audit {
namespace {

// The number behind "name[type]:".
std::optional<std::uint64_t> column(std::string_view text, std::string_view name) {
  const std::size_t found = text.find(name);
  if (found == text.npos) return std::nullopt;
  text.remove_prefix(found + name.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

bool skip(std::string_view& text, std::string_view begin) {
  if (!text.starts_with(begin)) return false;
  text.remove_prefix(begin.size());
  return true;
}

}  // namespace

std::uint64_t parse_lsn(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return 0;
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::from_chars(text.data(), text.data() + slash, high, 16);
  std::from_chars(text.data() + slash + 1, text.data() + text.size(), low, 16);
  return (high << 32) + low;
}

void Decoding::line(std::uint64_t lsn, std::string_view text) {
  if (skip(text, "BEGIN ")) {
    open_ = {.xid = parse_number(text), .lsn = 0, .puts = {}};
  } else if (skip(text, "COMMIT ")) {
    open_.lsn = lsn;
    if (!open_.puts.empty()) commits_.push_back(std::move(open_));
    open_ = {};
  } else if (skip(text, "table ") && skip(text, schema_) && skip(text, ".")) {
    change(text);
  }
}

void Decoding::change(std::string_view text) {
  for (const RowKind kind : {RowKind::k_register, RowKind::k_counter, RowKind::k_list}) {
    std::string_view rest = text;
    if (!skip(rest, table_of(kind)) || !skip(rest, ": UPDATE: ")) continue;
    // With the old row in front where the table is REPLICA IDENTITY FULL.
    if (const std::size_t at = rest.find("new-tuple: "); at != rest.npos) rest.remove_prefix(at);
    const auto key = column(rest, "key[integer]:");
    const auto version = column(rest, "version[bigint]:");
    const auto writer = column(rest, "writer[bigint]:");
    if (!key || *key >= keys_ || !version || !writer) continue;
    open_.puts.push_back({.row = static_cast<RowId>(static_cast<unsigned>(kind) * keys_ + *key),
                          .version = *version,
                          .writer = *writer});
  }
}

}  // namespace tidemark::audit
