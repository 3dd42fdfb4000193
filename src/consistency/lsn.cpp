#include "consistency/lsn.h"

#include <charconv>
#include <cstdio>
#include <optional>

#include "base/check.h"

namespace tidemark::consistency {
namespace {

// What stands at the start of every page, and at the start of every segment's first page
// (XLogPageHeaderData and XLogLongPageHeaderData, aligned).
constexpr std::uint64_t k_page_header_bytes = 24;
constexpr std::uint64_t k_segment_header_bytes = 40;

constexpr std::size_t k_max_half_digits = 8;

std::optional<std::uint64_t> parse_half(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || text.size() > k_max_half_digits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<Lsn> parse_lsn(std::string_view text) {
  const auto slash = text.find('/');
  if (slash != std::string_view::npos) {
    const auto high = parse_half(text.substr(0, slash));
    const auto low = parse_half(text.substr(slash + 1));
    if (high && low) return Lsn{*high << 32 | *low};
  }
  return fail("invalid input syntax for type pg_lsn: \"" + std::string(text) + "\"");
}

std::string format_lsn(Lsn lsn) {
  char text[2 * k_max_half_digits + 2];
  const int length =
      std::snprintf(text, sizeof text, "%X/%X", static_cast<unsigned>(lsn.value >> 32),
                    static_cast<unsigned>(lsn.value & 0xFFFFFFFF));
  return std::string(text, static_cast<std::size_t>(length));
}

Lsn round_down_off_page_header(Lsn lsn, std::uint64_t wal_block_size,
                               std::uint64_t wal_segment_size) {
  CHECK(wal_block_size > 0 && wal_segment_size > 0);
  if (lsn.value % wal_segment_size == k_segment_header_bytes) {
    return {lsn.value - k_segment_header_bytes};
  }
  const bool in_first_page = lsn.value % wal_segment_size < wal_block_size;
  if (!in_first_page && lsn.value % wal_block_size == k_page_header_bytes) {
    return {lsn.value - k_page_header_bytes};
  }
  return lsn;
}

}  // namespace tidemark::consistency
