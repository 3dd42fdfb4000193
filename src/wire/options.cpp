#include <algorithm>
#include <iterator>

#include "wire/startup.h"

namespace tidemark::wire {
namespace {

// What isspace() says in the C locale.
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// As PostgreSQL's pg_split_opts: words between spaces, where a backslash makes the next byte a
// part of the word whatever it is.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  bool in_word = false;
  bool escaped = false;
  for (const char c : text) {
    if (!escaped && is_space(c)) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    escaped = !escaped && c == '\\';
    if (!escaped) words.back().push_back(c);
  }
  return words;
}

// As ParseLongOption.
std::optional<std::pair<std::string, std::string>> parse_setting(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  std::string name(text.substr(0, equals));
  std::ranges::replace(name, '-', '_');
  return std::pair(std::move(name), std::string(text.substr(equals + 1)));
}

}  // namespace

Result<Parameters> parse_options(std::string_view options) {
  Parameters settings;
  const std::vector<std::string> words = split(options);
  for (auto word = words.begin(); word != words.end(); ++word) {
    std::string_view argument = *word;
    std::string_view shown_switch = "--";
    if (argument.starts_with("--")) {
      argument.remove_prefix(2);
    } else if (argument.starts_with("-c")) {
      shown_switch = "-c ";
      argument.remove_prefix(2);
      if (argument.empty() && std::next(word) != words.end()) argument = *++word;
    } else {
      return fail("invalid command-line argument for server process: " + *word);
    }
    auto setting = parse_setting(argument);
    if (!setting) {
      return fail(std::string(shown_switch) + std::string(argument) + " requires a value");
    }
    settings.push_back(std::move(*setting));
  }
  return settings;
}

}  // namespace tidemark::wire
