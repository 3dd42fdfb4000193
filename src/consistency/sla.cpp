#include "consistency/sla.h"

#include <utility>

#include "base/duration.h"

namespace tidemark::consistency {
namespace {

std::unexpected<LevelError> refuse(std::string_view text, std::string hint) {
  return std::unexpected(
      LevelError{"invalid value for parameter \"tidemark.level\": \"" + std::string(text) + "\"",
                 std::move(hint)});
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::expected<Alternative, LevelError> parse_alternative(std::string_view whole,
                                                         std::string_view text) {
  const auto sign = text.find('<');
  auto level = parse_level(text.substr(0, sign));
  if (!level) return refuse(whole, std::move(level.error().hint));
  Alternative alternative{.level = *level};
  if (sign == std::string_view::npos) return alternative;
  const auto within = parse_duration(trimmed(text.substr(sign + 1)));
  if (!within || *within <= Duration::zero()) {
    return refuse(whole,
                  "Behind '<' comes how soon, for example 20ms: a number above zero and one of the "
                  "units us, ms, s, min, h and d.");
  }
  alternative.within = *within;
  return alternative;
}

}  // namespace

std::expected<Sla, LevelError> parse_sla(std::string_view text) {
  Sla sla;
  for (std::string_view rest = text;;) {
    const auto comma = rest.find(',');
    const auto alternative = parse_alternative(text, rest.substr(0, comma));
    if (!alternative) return std::unexpected(alternative.error());
    sla.push_back(*alternative);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (sla.size() > k_max_alternatives) {
    return refuse(text, "At most " + std::to_string(k_max_alternatives) + " levels can be listed.");
  }
  for (std::size_t i = 0; i < sla.size() && sla.size() > 1; ++i) {
    if (sla[i].level.kind == Level::Kind::k_policy) {
      return refuse(text, "\"policy\" cannot be one of several levels.");
    }
    const bool unreachable = i + 1 < sla.size() && sla[i].within == Duration::max();
    if (unreachable) {
      return refuse(text,
                    "All levels but the last say how soon, for example strong<20ms: without "
                    "that those behind it would never be tried.");
    }
  }
  return sla;
}

std::string to_string(const Alternative& alternative) {
  std::string text = to_string(alternative.level);
  if (alternative.within != Duration::max()) text += "<" + format_duration(alternative.within);
  return text;
}

std::string to_string(const Sla& sla) {
  std::string text;
  for (const Alternative& alternative : sla) {
    if (!text.empty()) text += ", ";
    text += to_string(alternative);
  }
  return text;
}

}  // namespace tidemark::consistency
