#include "gateway/toml_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <sstream>

#include "base/duration.h"

namespace tidemark::gateway {
namespace {

// A key further off than this is not offered as the one that was meant.
constexpr std::size_t k_farthest_guess = 3;

std::string type_name(const toml::node& node) {
  std::ostringstream text;
  text << node.type();
  return text.str();
}

std::optional<std::string> nearest(std::string_view key, const std::vector<std::string>& known) {
  const auto distance = [&](const std::string& other) { return edit_distance(key, other); };
  const auto best = std::ranges::min_element(known, {}, distance);
  if (best == known.end()) return std::nullopt;
  const std::size_t limit = std::min(k_farthest_guess, std::max<std::size_t>(1, key.size() / 2));
  if (distance(*best) > limit) return std::nullopt;
  return *best;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

void Problems::add(const toml::source_region& where, std::string_view message) {
  // What stands nowhere in the file, a default, is on line 0.
  const auto line = where.begin.line;
  if (line == 0) return add(message);
  list_.emplace(line, fmt::format("{}:{}: {}", file_, line, message));
}

void Problems::add(std::string_view message) {
  list_.emplace(0, fmt::format("{}: {}", file_, message));
}

std::vector<std::string> Problems::list() const {
  std::vector<std::string> texts;
  for (const auto& [line, text] : list_) texts.push_back(text);
  return texts;
}

bool TomlReader::text(std::string_view key, std::string& into) {
  const toml::node* found = node(key);
  if (found == nullptr) return false;
  const auto* value = found->as_string();
  if (value == nullptr) {
    wrong_type(key, *found, "a string");
    return false;
  }
  into = value->get();
  return true;
}

bool TomlReader::text(std::string_view key, std::optional<std::string>& into) {
  std::string value;
  if (!text(key, value)) return false;
  into = std::move(value);
  return true;
}

bool TomlReader::texts(std::string_view key, std::vector<std::string>& into) {
  const toml::node* found = node(key);
  if (found == nullptr) return false;
  if (const auto* single = found->as_string()) {
    into = {single->get()};
    return true;
  }
  const toml::array* list = found->as_array();
  if (list != nullptr && list->empty()) {
    problem(key, "is empty: name at least one");
    return false;
  }
  if (list == nullptr || !list->is_homogeneous(toml::node_type::string)) {
    wrong_type(key, *found, "a string or a list of strings");
    return false;
  }
  into.clear();
  for (const toml::node& item : *list) into.push_back(item.as_string()->get());
  return true;
}

bool TomlReader::duration(std::string_view key, Duration& into, Duration least, Duration most) {
  const toml::node* found = node(key);
  if (found == nullptr) return false;
  const auto* value = found->as_string();
  if (value == nullptr) {
    wrong_type(key, *found, "a duration such as \"50ms\"");
    return false;
  }
  const std::string& written = value->get();
  const Result<Duration> parsed =
      written == "0" ? Result<Duration>(Duration::zero()) : parse_duration(written);
  if (!parsed) {
    problem(key, parsed.error().message);
    return false;
  }
  if (*parsed < least || *parsed > most) {
    problem(key, fmt::format("\"{}\" is out of range: allowed are {} to {}", written,
                             format_duration(least), format_duration(most)));
    return false;
  }
  into = *parsed;
  return true;
}

bool TomlReader::integer(std::string_view key, int& into, int least, int most) {
  const toml::node* found = node(key);
  if (found == nullptr) return false;
  const auto* value = found->as_integer();
  if (value == nullptr) {
    wrong_type(key, *found, fmt::format("a whole number from {} to {}", least, most));
    return false;
  }
  if (value->get() < least || value->get() > most) {
    problem(key,
            fmt::format("{} is out of range: allowed are {} to {}", value->get(), least, most));
    return false;
  }
  into = static_cast<int>(value->get());
  return true;
}

bool TomlReader::boolean(std::string_view key, bool& into) {
  const toml::node* found = node(key);
  if (found == nullptr) return false;
  const auto* value = found->as_boolean();
  if (value == nullptr) {
    wrong_type(key, *found, "true or false");
    return false;
  }
  into = value->get();
  return true;
}

std::optional<std::size_t> TomlReader::choice_index(std::string_view key,
                                                    const std::vector<std::string_view>& names) {
  std::string written;
  if (!text(key, written)) return std::nullopt;
  const auto found = std::ranges::find(names, written);
  if (found == names.end()) {
    const auto but_last = std::span(names).first(names.size() - 1);
    problem(key, fmt::format("\"{}\" is not allowed here: choose \"{}\" or \"{}\"", written,
                             fmt::join(but_last, "\", \""), names.back()));
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - names.begin());
}

const toml::table* TomlReader::table(std::string_view key) {
  const toml::node* found = node(key);
  if (found == nullptr) return nullptr;
  if (!found->is_table()) {
    wrong_type(key, *found, fmt::format("a table, [{}]", path(key)));
  }
  return found->as_table();
}

std::vector<const toml::table*> TomlReader::tables(std::string_view key) {
  const toml::node* found = node(key);
  if (found == nullptr) return {};
  const toml::array* list = found->as_array();
  if (list == nullptr || !list->is_homogeneous(toml::node_type::table)) {
    wrong_type(key, *found, fmt::format("tables, [[{}]]", path(key)));
    return {};
  }
  std::vector<const toml::table*> tables;
  for (const toml::node& item : *list) tables.push_back(item.as_table());
  return tables;
}

const toml::node* TomlReader::node(std::string_view key) {
  known_.emplace_back(key);
  return table_.get(key);
}

void TomlReader::problem(std::string_view key, std::string_view message) {
  const toml::node* found = table_.get(key);
  const auto& where = found != nullptr ? found->source() : table_.source();
  problems_.add(where, fmt::format("{}: {}", path(key), message));
}

void TomlReader::finish() {
  for (const auto& [key, value] : table_) {
    if (std::ranges::find(known_, key.str()) != known_.end()) continue;
    std::string message = fmt::format("unknown key \"{}\"", key.str());
    if (!name_.empty()) message += fmt::format(" in [{}]", name_);
    if (const auto guess = nearest(key.str(), known_)) {
      message += fmt::format("; did you mean \"{}\"?", *guess);
    } else {
      message += fmt::format("; known are {}", fmt::join(known_, ", "));
    }
    problems_.add(key.source(), message);
  }
}

void TomlReader::wrong_type(std::string_view key, const toml::node& found,
                            std::string_view wanted) {
  problem(key, fmt::format("must be {}, but is of type {}", wanted, type_name(found)));
}

std::string TomlReader::path(std::string_view key) const {
  return name_.empty() ? std::string(key) : fmt::format("{}.{}", name_, key);
}

}  // namespace tidemark::gateway
