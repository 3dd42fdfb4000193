#include "sql/statement_cache.h"

#include "base/check.h"
#include "sql/classify.h"

namespace tidemark::sql {
namespace {

// What the list's and the index's nodes take beyond the entry's own content.
constexpr std::size_t k_entry_overhead = 128;

}  // namespace

const std::shared_ptr<const Statement>& StatementCache::find_or_classify(
    std::string_view text, const std::shared_ptr<const Catalogue>& catalogue) {
  CHECK(catalogue != nullptr);
  if (catalogue->version() != catalogue_version_) {
    clear();
    catalogue_version_ = catalogue->version();
  }
  if (const auto found = index_.find(text); found != index_.end()) {
    ++hits_;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->statement;
  }
  ++misses_;
  auto statement = classify(text, *catalogue, path_);
  const std::size_t bytes = text.size() + statement->memory() + k_entry_overhead;
  if (text.size() > limits_.text_bytes || bytes > limits_.bytes || limits_.entries == 0) {
    uncached_ = std::move(statement);
    return uncached_;
  }
  entries_.push_front({std::string(text), std::move(statement), bytes});
  index_.emplace(entries_.front().text, entries_.begin());
  bytes_ += bytes;
  evict_to_limits();
  return entries_.front().statement;
}

void StatementCache::evict_to_limits() {
  while (index_.size() > limits_.entries || bytes_ > limits_.bytes) {
    bytes_ -= entries_.back().bytes;
    index_.erase(entries_.back().text);
    entries_.pop_back();
  }
}

void StatementCache::clear() {
  index_.clear();
  entries_.clear();
  uncached_.reset();
  bytes_ = 0;
}

}  // namespace tidemark::sql
