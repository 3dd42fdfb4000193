#include "audit/report/numbers.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemark::audit {

std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t index = 0; index < digits.size(); ++index) {
    if (index > 0 && (digits.size() - index) % 3 == 0) text += ',';
    text += digits[index];
  }
  return text;
}

std::string in_milliseconds(Duration duration) {
  const double value = std::chrono::duration<double, std::milli>(duration).count();
  if (duration == Duration{0}) return "0";
  if (value >= 999.5) return grouped(static_cast<std::uint64_t>(value + 0.5));
  if (value >= 99.95) return fmt::format("{:.0f}", value);
  if (value >= 9.995) return fmt::format("{:.1f}", value);
  if (value >= 0.9995) return fmt::format("{:.2f}", value);
  return fmt::format("{:.3f}", value);
}

std::string in_seconds(Duration duration) {
  return fmt::format("{:.3f}", std::chrono::duration<double>(duration).count());
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  const double value = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part > 0 && value < 0.1) return "< 0.1 %";
  if (part < whole && value > 99.9) return "> 99.9 %";
  return fmt::format("{:.1f} %", value);
}

double per_million(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 1e6 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string rate(std::uint64_t part, std::uint64_t whole) {
  const double value = per_million(part, whole);
  if (part > 0 && value < 9.95) return value < 0.05 ? "< 0.1" : fmt::format("{:.1f}", value);
  return grouped(static_cast<std::uint64_t>(value + 0.5));
}

std::string times(std::uint64_t count) { return count == 1 ? "once" : grouped(count) + " times"; }

std::string counted(std::uint64_t count, std::string_view noun) {
  // "message between sessions": the first word takes the plural.
  const std::size_t end = std::min(noun.find(' '), noun.size());
  return fmt::format("{} {}{}{}", grouped(count), noun.substr(0, end), count == 1 ? "" : "s",
                     noun.substr(end));
}

}  // namespace tidemark::audit
