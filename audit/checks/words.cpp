#include "audit/checks/words.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace tidemark::audit {

std::string row_name(const Row& row) {
  constexpr std::array k_kinds = {"register", "counter", "list"};
  return fmt::format("{} {}", k_kinds[std::to_underlying(row.kind)], row.key);
}

std::string row_name(const History& history, RowId row, Version version) {
  return fmt::format("{}, version {}", row_name(history.rows[row]), version);
}

std::string in_words(Duration duration) {
  const double milliseconds = std::chrono::duration<double, std::milli>(duration).count();
  if (milliseconds < 0.0995) return fmt::format("{:.0f} µs", milliseconds * 1000);
  if (milliseconds < 9.95) return fmt::format("{:.1f} ms", milliseconds);
  if (milliseconds < 999.5) return fmt::format("{:.0f} ms", milliseconds);
  return fmt::format("{:.1f} s", milliseconds / 1000);
}

std::string wrote(const History& history, RowId row, Version version) {
  return "wrote " + row_name(history, row, version);
}

std::string saw(const History& history, const Seen& seen) {
  return "saw " + row_name(history, seen.row, seen.version);
}

std::string wrote_both(const History& history, const Seen& one, const Seen& other) {
  return wrote(history, one.row, one.version) + ", and " +
         row_name(history, other.row, other.version);
}

std::string saw_both(const History& history, const Seen& one, const Seen& other) {
  return saw(history, one) + ", and " + row_name(history, other.row, other.version);
}

}  // namespace tidemark::audit
