#include "consistency/level.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/duration.h"

namespace tidemark::consistency {
namespace {

using Kind = Level::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 8> k_names{{
    {"strong", Kind::k_strong},
    {"bounded", Kind::k_bounded},
    {"causal", Kind::k_causal},
    {"session", Kind::k_session},
    {"read_your_writes", Kind::k_read_your_writes},
    {"monotonic_reads", Kind::k_monotonic_reads},
    {"eventual", Kind::k_eventual},
    {"policy", Kind::k_policy},
}};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string lowered(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::optional<Kind> kind_of(std::string_view name) {
  const auto found = std::ranges::find(k_names, name, &std::pair<std::string_view, Kind>::first);
  if (found == k_names.end()) return std::nullopt;
  return found->second;
}

std::unexpected<LevelError> refuse(std::string_view text, std::string hint) {
  return std::unexpected(
      LevelError{"invalid value for parameter \"tidemark.level\": \"" + std::string(text) + "\"",
                 std::move(hint)});
}

// The text is everything behind the word "bounded".
std::expected<Level, LevelError> parse_bounded(std::string_view whole, std::string_view text) {
  const auto argument = trimmed(text);
  if (argument.size() < 2 || argument.front() != '(' || argument.back() != ')') {
    return refuse(whole, "Say how stale a read may be, for example bounded(2s).");
  }
  const auto bound = parse_duration(trimmed(argument.substr(1, argument.size() - 2)));
  if (!bound) {
    return refuse(whole, "The bound is a number and one of the units us, ms, s, min, h and d.");
  }
  return Level{Kind::k_bounded, *bound};
}

}  // namespace

std::expected<Level, LevelError> parse_level(std::string_view text) {
  const std::string lower = lowered(trimmed(text));
  const std::string_view name = trimmed(std::string_view(lower).substr(0, lower.find('(')));
  const auto kind = kind_of(name);
  const auto rest = std::string_view(lower).substr(name.size());
  if (kind == Kind::k_bounded) return parse_bounded(text, rest);
  if (kind && rest.empty()) return Level{.kind = *kind};
  return refuse(text,
                "Available values: strong, bounded(2s), causal, session, read_your_writes, "
                "monotonic_reads, eventual, policy.");
}

std::string to_string(const Level& level) {
  const auto found =
      std::ranges::find(k_names, level.kind, &std::pair<std::string_view, Kind>::second);
  std::string name(found->first);
  if (level.kind == Kind::k_bounded) name += "(" + format_duration(level.bound) + ")";
  return name;
}

}  // namespace tidemark::consistency
