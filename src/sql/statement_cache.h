// The statements last seen, so that what repeats costs one lookup: by their exact text, and by
// their shape (sql/shape.h), which texts share that differ in the values of their constants. A
// cache belongs to one search path. Bounded by entries and by bytes; the least recently used goes
// first. Thread rule: confined to one thread; each worker has its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/text_hash.h"
#include "sql/catalogue.h"
#include "sql/classify.h"
#include "sql/search_path.h"
#include "sql/shape.h"
#include "sql/statement.h"

namespace tidemark::sql {

class StatementCache {
 public:
  struct Limits {
    std::size_t entries = 4096;
    std::size_t bytes = std::size_t{32} << 20;       // keys and statements together
    std::size_t text_bytes = std::size_t{64} << 10;  // longer texts are classified, not kept
  };

  StatementCache() = default;
  explicit StatementCache(Limits limits) : limits_(limits) {}
  explicit StatementCache(SearchPath path) : path_(std::move(path)) {}
  StatementCache(SearchPath path, Limits limits) : path_(std::move(path)), limits_(limits) {}

  const SearchPath& path() const { return path_; }

  // The reference holds until the next call; copy the pointer to keep the statement. A hit
  // allocates nothing. A catalogue of another version than the last call's empties the cache first.
  // REQUIRES: catalogue is not null.
  const std::shared_ptr<const Statement>& find_or_classify(
      std::string_view text, const std::shared_ptr<const Catalogue>& catalogue) {
    CHECK(catalogue != nullptr);
    if (!is_repeated(text, *catalogue)) return find_in_all(text, *catalogue);
    ++hits_;
    return entries_.front().statement;
  }

  std::size_t entries() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::uint64_t hits() const { return hits_; }
  std::uint64_t misses() const { return misses_; }

 private:
  struct Entry {
    bool is_shape;
    std::string key;  // the text, or the shape's key
    std::shared_ptr<const Statement> statement;
    std::size_t bytes;
  };
  // The keys view those of entries_, which a list never moves.
  using Index = std::unordered_map<std::string_view, std::list<Entry>::iterator, TextHash>;

  static constexpr std::size_t k_longest_repeat = 1024;  // bytes

  // A text is looked up to be routed, and again to be passed on. It is known by what it says, as
  // others may have been looked up meanwhile.
  bool is_repeated(std::string_view text, const Catalogue& catalogue) const {
    return repeat_size_ != 0 && text == std::string_view(repeat_.data(), repeat_size_) &&
           catalogue.version() == catalogue_version_;
  }
  const std::shared_ptr<const Statement>& find_in_all(std::string_view text,
                                                      const Catalogue& catalogue);
  void remember(std::string_view text);
  const Entry* find(const Index& index, std::string_view key);
  const std::shared_ptr<const Statement>& keep(Judged judged, std::string_view text);
  void evict_to_limits();
  void clear();

  SearchPath path_;
  Limits limits_;
  std::list<Entry> entries_;  // most recently used first
  Index texts_;
  Index shapes_;
  ShapeScanner scanner_;
  // The text of the last call, if it is entries_.front() that answers it.
  std::array<char, k_longest_repeat> repeat_;
  std::size_t repeat_size_ = 0;
  std::shared_ptr<const Statement> uncached_;  // the answer to a text too long to keep
  std::uint64_t catalogue_version_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace tidemark::sql
