#include "sql/statement_cache.h"

namespace tidemark::sql {
namespace {

// What the list's and the index's nodes take beyond the entry's own content.
constexpr std::size_t k_entry_overhead = 128;

}  // namespace

const std::shared_ptr<const Statement>& StatementCache::find_in_all(std::string_view text,
                                                                    const Catalogue& catalogue) {
  if (catalogue.version() != catalogue_version_) {
    clear();
    catalogue_version_ = catalogue.version();
  }
  repeat_size_ = 0;
  const Entry* entry = find(texts_, text);
  const bool has_shape =
      entry == nullptr && text.size() <= limits_.text_bytes && scanner_.scan(text);
  if (has_shape) entry = find(shapes_, scanner_.key());
  if (entry != nullptr) {
    ++hits_;
    remember(text);
    return entry->statement;
  }
  ++misses_;
  if (has_shape) return keep(classify(text, scanner_, catalogue, path_), text);
  return keep({classify(text, catalogue, path_), false}, text);
}

void StatementCache::remember(std::string_view text) {
  if (text.size() > repeat_.size()) return;
  repeat_size_ = text.copy(repeat_.data(), text.size());
}

const StatementCache::Entry* StatementCache::find(const Index& index, std::string_view key) {
  const auto found = index.find(key);
  if (found == index.end()) return nullptr;
  if (found->second != entries_.begin()) {
    entries_.splice(entries_.begin(), entries_, found->second);
  }
  return &*found->second;
}

const std::shared_ptr<const Statement>& StatementCache::keep(Judged judged, std::string_view text) {
  const std::string_view key = judged.by_shape ? scanner_.key() : text;
  const std::size_t bytes = key.size() + judged.statement->memory() + k_entry_overhead;
  if (text.size() > limits_.text_bytes || bytes > limits_.bytes || limits_.entries == 0) {
    uncached_ = std::move(judged.statement);
    return uncached_;
  }
  entries_.push_front({judged.by_shape, std::string(key), std::move(judged.statement), bytes});
  (judged.by_shape ? shapes_ : texts_).emplace(entries_.front().key, entries_.begin());
  bytes_ += bytes;
  evict_to_limits();
  remember(text);
  return entries_.front().statement;
}

void StatementCache::evict_to_limits() {
  while (entries_.size() > limits_.entries || bytes_ > limits_.bytes) {
    const Entry& last = entries_.back();
    bytes_ -= last.bytes;
    (last.is_shape ? shapes_ : texts_).erase(last.key);
    entries_.pop_back();
  }
}

void StatementCache::clear() {
  texts_.clear();
  shapes_.clear();
  repeat_size_ = 0;
  entries_.clear();
  uncached_.reset();
  bytes_ = 0;
}

}  // namespace tidemark::sql
