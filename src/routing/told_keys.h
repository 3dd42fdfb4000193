// Which sessions have been told of a loss: a set of keys that may forget some, and never invents
// one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidemark::routing {

// A session's key, as 64 bits of a hash of it. Two keys of the same hash are taken for one: among a
// million keys told, one more is taken for one of them once in 2^44.
using KeyHash = std::uint64_t;

// Holds about a million keys in 8 MiB, and no memory while empty. What a full row has no place for
// takes the place of another.
class ToldKeys {
 public:
  static constexpr std::size_t k_rows = std::size_t{1} << 17;
  static constexpr std::size_t k_row_size = 8;

  void insert(KeyHash key) {
    if (rows_.empty()) rows_.resize(k_rows);
    Row& row = rows_[key % k_rows];
    const KeyHash stored = stored_as(key);
    for (KeyHash& place : row) {
      if (place != 0 && place != stored) continue;
      place = stored;
      return;
    }
    row[key / k_rows % k_row_size] = stored;
  }

  bool contains(KeyHash key) const {
    if (rows_.empty()) return false;
    for (const KeyHash place : rows_[key % k_rows]) {
      if (place == stored_as(key)) return true;
    }
    return false;
  }

  void clear() { std::vector<Row>().swap(rows_); }

  std::size_t bytes() const { return rows_.capacity() * sizeof(Row); }

 private:
  using Row = std::array<KeyHash, k_row_size>;

  // 0 means that a place is free.
  static KeyHash stored_as(KeyHash key) { return key == 0 ? ~KeyHash{0} : key; }

  std::vector<Row> rows_;
};

}  // namespace tidemark::routing
