#include "consistency/history.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

namespace tidemark::consistency {
namespace {

constexpr Lsn k_everything{std::numeric_limits<std::uint64_t>::max()};

constexpr std::string_view k_blanks = " \t\r";

std::string_view next_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(k_blanks), line.size()));
  const auto word = line.substr(0, line.find_first_of(k_blanks));
  line.remove_prefix(word.size());
  return word;
}

std::string_view next_line(std::string_view& text) {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

}  // namespace

Result<History> History::parse(Timeline timeline, std::string_view text) {
  History history;
  Switch open;  // the latest line's, whose child the next line names
  while (!text.empty()) {
    auto line = next_line(text);
    const auto whole = line;
    const auto parent = next_word(line);
    if (parent.empty() || parent.front() == '#') continue;

    const auto [end, error] =
        std::from_chars(parent.data(), parent.data() + parent.size(), open.timeline);
    const auto at = parse_lsn(next_word(line));
    const bool number = error == std::errc() && end == parent.data() + parent.size();
    const bool grows = open.timeline > open.parent && open.timeline < timeline;
    if (!number || !at || !grows) {
      return fail("invalid line in the history of timeline " + std::to_string(timeline) + ": \"" +
                  std::string(whole) + "\"");
    }
    if (open.parent != 0) history.add(open);
    open = {.timeline = 0, .parent = open.timeline, .at = *at};
  }
  if (open.parent != 0) history.add({timeline, open.parent, open.at});
  return history;
}

void History::add(const History& other) {
  for (const auto& change : other.switches_) add(change);
}

void History::add(Switch change) {
  const auto known = std::ranges::find(switches_, change.timeline, &Switch::timeline);
  if (known == switches_.end()) {
    switches_.push_back(change);
  } else {
    *known = change;
  }
}

bool History::knows(Timeline timeline) const { return find(timeline) != nullptr; }

bool History::contradicts(const History& other) const {
  return std::ranges::any_of(switches_, [&](const Switch& change) {
    const Switch* known = other.find(change.timeline);
    return known != nullptr && *known != change;
  });
}

Lsn History::beginning(Timeline timeline) const {
  const Switch* begun = find(timeline);
  return begun == nullptr ? Lsn{} : begun->at;
}

const History::Switch* History::find(Timeline timeline) const {
  const auto found = std::ranges::find(switches_, timeline, &Switch::timeline);
  return found == switches_.end() ? nullptr : &*found;
}

// A parent's number is always below its child's, so the higher of the two steps down until they
// meet.
Lsn History::shared(Timeline one, Timeline other) const {
  Lsn limit = k_everything;
  while (one != other) {
    Timeline& higher = one > other ? one : other;
    const Switch* origin = find(higher);
    if (origin == nullptr || origin->parent >= higher) return {};
    limit = std::min(limit, origin->at);
    higher = origin->parent;
  }
  return limit;
}

Cover History::covers(Position have, Position need) const {
  if (need.lsn == Lsn{}) return Cover::k_covered;
  const Lsn limit =
      have.timeline == need.timeline ? k_everything : shared(have.timeline, need.timeline);
  if (need.lsn <= limit) return have.lsn >= need.lsn ? Cover::k_covered : Cover::k_not_yet;
  // The position was written behind the fork. Only who is still before the fork can come to take
  // that branch, and only if it is a later one than its own.
  const bool can_follow = have.timeline < need.timeline && have.lsn <= limit && limit != Lsn{};
  return can_follow ? Cover::k_not_yet : Cover::k_never;
}

}  // namespace tidemark::consistency
