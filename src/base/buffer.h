// A queue of bytes: appended at the back, consumed at the front, contiguous in between.
//
// It has storage from when it is first appended to until it is empty again, so that an idle
// connection costs none. The storage comes from spares, if there are any: what one buffer gives
// back is the next one's, warm in the cache, and nothing is allocated for bytes that pass through.
// Thread rule: confined to one thread, that of its spares.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/spares.h"

namespace tidemark {

class Buffer {
 public:
  // What the bytes are in. Where it is does not change when the buffer is moved.
  struct Storage {
    // Bytes: room for a turn's usual answers, so that it does not grow step by step.
    static constexpr std::size_t k_first = 512;
    // Bytes: with k_most spares, what a burst of large answers leaves behind is at most 1 MiB.
    static constexpr std::size_t k_most_kept = 16 * 1024;

    Storage() { bytes.reserve(k_first); }

    void clear() {
      if (bytes.capacity() > k_most_kept) *this = Storage();
      bytes.clear();
      begin = 0;
    }
    std::size_t size() const { return bytes.size() - begin; }
    // Moves what is left to the front, if that is no more than what was consumed.
    void compact() {
      if (begin == 0 || begin < bytes.size() / 2) return;
      bytes.erase(0, begin);
      begin = 0;
    }

    std::string bytes;
    std::size_t begin = 0;  // what comes before was consumed
  };

  // Its storage is made and freed.
  Buffer() : storage_(From<Storage>::none()) {}
  // The spares are there whenever the buffer is used; it may be destroyed after them.
  explicit Buffer(Spares<Storage>& spares) : storage_(From(spares)) {}
  // What was moved from is empty, and has its spares still.
  Buffer(Buffer&&) noexcept = default;
  Buffer& operator=(Buffer&&) noexcept = default;

  bool empty() const { return size() == 0; }
  std::size_t size() const {
    const Storage* const storage = storage_.if_there();
    return storage == nullptr ? 0 : storage->size();
  }
  // False only if it is empty; but tail() may have made it true without a byte.
  bool has_storage() const { return storage_.is_there(); }
  std::string_view view() const {
    const Storage* const storage = storage_.if_there();
    if (storage == nullptr) return {};
    return {storage->bytes.data() + storage->begin, storage->size()};
  }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    Storage& storage = *storage_;
    storage.compact();
    storage.bytes.append(bytes);
  }

  // Gives write access to the whole storage past what was consumed, for encoders that append and
  // then patch a length. Views handed out before are invalid afterwards, and what it returns is
  // when the buffer is emptied.
  std::string& tail() { return storage_->bytes; }

  // Lets it forget what was consumed, for those who append through tail().
  void compact() {
    if (Storage* const storage = storage_.if_there()) storage->compact();
  }

  // REQUIRES: count <= size().
  void consume(std::size_t count) {
    const std::size_t before = size();
    CHECK(count <= before);
    if (count == before) return clear();
    storage_.if_there()->begin += count;
  }

  // Gives the storage back, too.
  void clear() { storage_.reset(); }

  // Gives the storage back if there is nothing in it.
  void shrink() {
    if (has_storage() && empty()) clear();
  }

 private:
  Borrowed<Storage> storage_;
};

}  // namespace tidemark
