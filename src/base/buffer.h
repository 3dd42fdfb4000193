// A queue of bytes: appended at the back, consumed at the front, contiguous in between.
// Holds no memory while empty after shrink(), so that idle connections cost none.
// Thread rule: confined to one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/check.h"

namespace tidemark {

class Buffer {
 public:
  bool empty() const { return begin_ == bytes_.size(); }
  std::size_t size() const { return bytes_.size() - begin_; }
  std::string_view view() const { return std::string_view(bytes_).substr(begin_); }

  void append(std::string_view bytes) {
    if (begin_ > 0 && begin_ >= bytes_.size() / 2) compact();
    bytes_.append(bytes);
  }

  // Gives write access to the whole storage past what was consumed, for encoders that append and
  // then patch a length. Views handed out before are invalid afterwards.
  std::string& tail() { return bytes_; }

  // REQUIRES: count <= size().
  void consume(std::size_t count) {
    CHECK(count <= size());
    begin_ += count;
    if (begin_ == bytes_.size()) clear();
  }

  void clear() {
    bytes_.clear();
    begin_ = 0;
  }

  // Gives the memory back if there is nothing in it.
  void shrink() {
    if (empty()) std::string().swap(bytes_);
    begin_ = empty() ? 0 : begin_;
  }

 private:
  void compact() {
    bytes_.erase(0, begin_);
    begin_ = 0;
  }

  std::string bytes_;
  std::size_t begin_ = 0;
};

}  // namespace tidemark
