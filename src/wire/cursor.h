// Reads a payload front to back and never past its end. The first mistake sticks: every later read
// returns nothing, and finish() says what was wrong, in the words of PostgreSQL's pqformat.c. So a
// decoder reads its fields in order, without a check after each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace tidemark::wire {

// A length that stands for NULL, or for a response that is not there: -1.
constexpr std::uint32_t k_absent = 0xffffffff;

class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  char byte() {
    if (bytes_.empty()) refuse("no data left in message");
    return failed() ? '\0' : take(1)[0];
  }

  std::uint16_t int16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t int32() { return number(4); }

  std::string_view bytes(std::size_t count) {
    if (count > bytes_.size()) refuse("insufficient data left in message");
    return failed() ? std::string_view() : take(count);
  }

  // Up to a zero byte, which is consumed too.
  std::string_view string() {
    // Most names are empty.
    if (!bytes_.empty() && bytes_.front() == '\0' && !failed()) return take(1).substr(1);
    const std::size_t size = bytes_.find('\0');
    if (size == std::string_view::npos) refuse("invalid string in message");
    if (failed()) return {};
    const std::string_view text = take(size);
    take(1);
    return text;
  }

  std::string_view rest() { return failed() ? std::string_view() : take(bytes_.size()); }

  // Whether there is nothing more to read, or nothing that can be read.
  bool at_end() const { return failed() || bytes_.empty(); }
  bool failed() const { return mistake_ != nullptr; }

  // For what only the decoder can judge. The first mistake stays.
  [[gnu::cold, gnu::noinline]] void refuse(std::string mistake) {
    if (!failed()) mistake_ = std::make_unique<std::string>(std::move(mistake));
  }

  // `value`, if everything was read without a mistake and nothing is left over.
  template <class T>
  Result<T> finish(T value) {
    if (!bytes_.empty()) refuse("invalid message format");
    if (failed()) return fail(std::move(*mistake_));
    return value;
  }

 private:
  // REQUIRES: there are so many.
  std::string_view take(std::size_t count) {
    const std::string_view taken(bytes_.data(), count);
    bytes_.remove_prefix(count);
    return taken;
  }

  std::uint32_t number(std::size_t size) {
    std::uint32_t value = 0;
    for (const char digit : bytes(size)) value = value << 8 | static_cast<unsigned char>(digit);
    return value;
  }

  std::string_view bytes_;
  std::unique_ptr<std::string> mistake_;  // mostly null: a cursor costs nothing to make and end
};

}  // namespace tidemark::wire
