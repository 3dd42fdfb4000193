// Patterns that name tables, roles and the like in rules.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidemark::consistency {

// A name in which some characters may stand for any run of characters. Matching compares bytes.
class NamePattern {
 public:
  // Every `*` of the text stands for any run of characters, also an empty one.
  static NamePattern with_wildcards(std::string_view text);

  bool matches(std::string_view name) const;
  // Whether it matches whatever the other matches.
  bool contains(const NamePattern& other) const;
  // Whether some name matches both.
  bool overlaps(const NamePattern& other) const;

  // The size of the shortest name that it matches.
  std::size_t least_size() const;

 private:
  friend class TablePattern;
  struct Piece {  // one character, or any run of them
    bool any = false;
    char is = 0;
  };

  void append(char is);
  void append_any();

  std::vector<Piece> pieces_;  // never two runs in a row
};

// "schema.table" or "table", which is a table of that name in any schema. Written as in SQL:
// letters outside double quotes are folded to lower case; outside them `*` matches any run of
// characters within its part, inside them it is a star.
class TablePattern {
 public:
  static Result<TablePattern> parse(std::string_view text);

  const NamePattern& schema() const { return schema_; }
  const NamePattern& table() const { return table_; }

  bool matches(std::string_view schema, std::string_view table) const {
    return table_.matches(table) && schema_.matches(schema);
  }
  bool contains(const TablePattern& other) const {
    return table_.contains(other.table_) && schema_.contains(other.schema_);
  }
  bool overlaps(const TablePattern& other) const {
    return table_.overlaps(other.table_) && schema_.overlaps(other.schema_);
  }

 private:
  NamePattern schema_, table_;
};

}  // namespace tidemark::consistency
