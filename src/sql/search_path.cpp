#include "sql/search_path.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace tidemark::sql {
namespace {

constexpr std::size_t k_longest_name = 63;  // NAMEDATALEN - 1, in bytes

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

// At most so long, and no half of a UTF-8 character at its end.
std::string clipped(std::string name) {
  if (name.size() <= k_longest_name) return name;
  std::size_t size = k_longest_name;
  while (size > 0 && continues_character(name[size])) --size;
  name.resize(size);
  return name;
}

class Names {
 public:
  explicit Names(std::string_view text) : rest_(text) {}

  // Nothing if the text is no list of names.
  std::optional<std::vector<std::string>> read() {
    std::vector<std::string> names;
    skip_blanks();
    while (!rest_.empty()) {
      auto name = rest_.front() == '"' ? quoted() : plain();
      if (!name) return std::nullopt;
      names.push_back(clipped(std::move(*name)));
      skip_blanks();
      if (rest_.empty()) break;
      if (rest_.front() != ',') return std::nullopt;
      rest_.remove_prefix(1);
      skip_blanks();
      if (rest_.empty()) return std::nullopt;
    }
    return names;
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }

  std::optional<std::string> quoted() {
    std::string name;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '"') {
        if (at + 1 == rest_.size() || rest_[at + 1] != '"') {
          rest_.remove_prefix(at + 1);
          return name;
        }
        ++at;
      }
      name += rest_[at];
    }
    return std::nullopt;
  }

  std::optional<std::string> plain() {
    std::string name;
    while (!rest_.empty() && rest_.front() != ',' && !is_blank(rest_.front())) {
      name += folded(rest_.front());
      rest_.remove_prefix(1);
    }
    if (name.empty()) return std::nullopt;
    return name;
  }

  std::string_view rest_;
};

}  // namespace

SearchPath SearchPath::parse(std::string_view setting, std::string_view role) {
  auto names = Names(setting).read();
  if (!names) return {};
  SearchPath path;
  for (std::string& name : *names) {
    if (name == "$user") {
      if (role.empty()) return {};
      name = role;
    }
    if (name.starts_with("pg_temp")) continue;
    if (std::ranges::find(path.schemas_, name) == path.schemas_.end()) {
      path.schemas_.push_back(std::move(name));
    }
  }
  if (std::ranges::find(path.schemas_, "pg_catalog") == path.schemas_.end()) {
    path.schemas_.insert(path.schemas_.begin(), "pg_catalog");
  }
  path.known_ = true;
  path.role_ = role;
  return path;
}

}  // namespace tidemark::sql
