// Appends one packet to a string, and writes its length into it at the end of its life. Meant as a
// temporary: Writer(out, 'Q').string(sql);
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/check.h"

namespace tidemark::wire {

class Writer {
 public:
  Writer(std::string& out, char tag) : out_(out), length_at_(out.size() + 1) {
    out_.push_back(tag);
    int32(0);
  }

  // A startup packet has no tag.
  explicit Writer(std::string& out) : out_(out), length_at_(out.size()) { int32(0); }

  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  ~Writer() {
    const std::size_t length = out_.size() - length_at_;
    CHECK(length <= std::numeric_limits<std::uint32_t>::max());
    for (std::size_t i = 0; i < 4; ++i) {
      out_[length_at_ + i] = static_cast<char>(length >> (24 - 8 * i) & 0xff);
    }
  }

  Writer& byte(char value) {
    out_.push_back(value);
    return *this;
  }

  Writer& int16(std::uint16_t value) {
    return byte(static_cast<char>(value >> 8)).byte(static_cast<char>(value & 0xff));
  }

  Writer& int32(std::uint32_t value) {
    return int16(static_cast<std::uint16_t>(value >> 16))
        .int16(static_cast<std::uint16_t>(value & 0xffff));
  }

  Writer& bytes(std::string_view value) {
    out_.append(value);
    return *this;
  }

  // Up to the first zero byte, as a string on the wire ends there: nothing that is put into a
  // message can pass for the beginning of the next field.
  Writer& string(std::string_view value) {
    return bytes(value.substr(0, value.find('\0'))).byte('\0');
  }

  // How many there are of what follows. REQUIRES: fits into 16 bits.
  Writer& count(std::size_t value) {
    CHECK(value <= std::numeric_limits<std::uint16_t>::max());
    return int16(static_cast<std::uint16_t>(value));
  }

  // A length and that many bytes.
  Writer& sized(std::string_view value) {
    CHECK(value.size() <= std::numeric_limits<std::int32_t>::max());
    return int32(static_cast<std::uint32_t>(value.size())).bytes(value);
  }

 private:
  std::string& out_;
  const std::size_t length_at_;
};

}  // namespace tidemark::wire
