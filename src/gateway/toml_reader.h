// Reads one table of a TOML file key by key, collecting every problem instead of stopping at the
// first. A key that nobody asked for is a problem too: it is reported with its line and with the
// nearest of the keys that were asked for.
#pragma once

#include <toml++/toml.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"

namespace tidemark::gateway {

// What is wrong with a file: "tidemark.toml:7: unknown key \"intervall\" in [monitor]; ...".
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  void add(const toml::source_region& where, std::string_view message);
  void add(std::string_view message);
  // In the order of the file; what is about all of it comes first.
  std::vector<std::string> list() const;

 private:
  std::string file_;
  std::multimap<std::size_t, std::string> list_;  // by line; 0: of no line
};

// The smallest number of insertions, deletions, replacements and swaps of neighbours that makes one
// text of the other (restricted Damerau-Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b);

class TomlReader {
 public:
  // name is how messages call the table: "monitor", "origins.main"; empty for the file itself.
  TomlReader(const toml::table& table, std::string name, Problems& problems)
      : table_(table), name_(std::move(name)), problems_(problems) {}

  // Each asks for one key and leaves `into` alone when the key is absent or wrong. True if it was
  // there and right.
  bool text(std::string_view key, std::string& into);
  bool text(std::string_view key, std::optional<std::string>& into);
  bool texts(std::string_view key, std::vector<std::string>& into);  // a string or a list of them
  bool duration(std::string_view key, Duration& into, Duration least, Duration most);
  bool integer(std::string_view key, int& into, int least, int most);
  bool boolean(std::string_view key, bool& into);

  // A key with values of a closed set, in the order of the enumerators.
  template <class Enum>
  bool choice(std::string_view key, Enum& into, const std::vector<std::string_view>& names) {
    if (const auto index = choice_index(key, names)) {
      into = static_cast<Enum>(*index);
      return true;
    }
    return false;
  }

  // Null when absent or no table.
  const toml::table* table(std::string_view key);
  // [[key]], each of them; empty when absent or something else.
  std::vector<const toml::table*> tables(std::string_view key);
  // Null when absent; of any type.
  const toml::node* node(std::string_view key);

  // Reports what is wrong with this key's value: "main.toml:3: listen.address: <message>".
  void problem(std::string_view key, std::string_view message);

  // Reports the keys nobody asked for. Call it last.
  void finish();

 private:
  std::optional<std::size_t> choice_index(std::string_view key,
                                          const std::vector<std::string_view>& names);
  void wrong_type(std::string_view key, const toml::node& found, std::string_view wanted);
  std::string path(std::string_view key) const;

  const toml::table& table_;
  std::string name_;
  Problems& problems_;
  std::vector<std::string> known_;  // the keys asked for
};

}  // namespace tidemark::gateway
