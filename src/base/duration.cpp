#include "base/duration.h"

#include <array>
#include <charconv>
#include <cmath>

namespace tidemark {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

constexpr std::array k_units = {
    Unit{"d", 86'400'000'000'000}, Unit{"h", 3'600'000'000'000}, Unit{"min", 60'000'000'000},
    Unit{"s", 1'000'000'000},      Unit{"ms", 1'000'000},        Unit{"us", 1'000},
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto invalid = [&](std::string_view why) {
    return fail("invalid duration \"" + std::string(text) + "\": " + std::string(why));
  };
  const std::string_view trimmed = trim(text);
  double number = 0;
  const char* const end = trimmed.data() + trimmed.size();
  const auto [rest, error] = std::from_chars(trimmed.data(), end, number);
  if (error != std::errc()) return invalid("expected a number and a unit, like \"50ms\"");
  if (!std::isfinite(number) || number < 0) return invalid("must be zero or more");
  const std::string_view unit = trim({rest, static_cast<std::size_t>(end - rest)});
  if (unit.empty() && number == 0) return Duration::zero();
  for (const Unit& known : k_units) {
    if (unit != known.name) continue;
    const double nanoseconds = number * static_cast<double>(known.nanoseconds);
    if (nanoseconds > 9e18) return invalid("too long");
    return Duration(std::llround(nanoseconds));
  }
  return invalid("units are us, ms, s, min, h and d");
}

std::string format_duration(Duration duration) {
  const std::int64_t nanoseconds = duration.count();
  if (nanoseconds == 0) return "0";
  for (const Unit& unit : k_units) {
    if (nanoseconds % unit.nanoseconds != 0) continue;
    return std::to_string(nanoseconds / unit.nanoseconds) + std::string(unit.name);
  }
  return std::to_string(nanoseconds / 1000) + "us";
}

}  // namespace tidemark
