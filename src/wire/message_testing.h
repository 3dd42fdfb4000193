// What the tests of messages share.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "wire/frame.h"

namespace tidemark::wire {

// Bytes, written with zero bytes among them: bytes("ab\0").
template <std::size_t size>
std::string bytes(const char (&literal)[size]) {
  return std::string(literal, size - 1);
}

// The payload of the one frame that `message` consists of.
inline std::string_view payload_of(std::string_view message, char tag) {
  const auto header = peek(message);
  EXPECT_TRUE(header && *header) << "no frame";
  if (!header || !*header) return {};
  EXPECT_EQ((*header)->tag, tag);
  EXPECT_EQ((*header)->total(), message.size());
  return payload(message, **header);
}

// A decoder must refuse whatever is cut short, and may not look past it: the copy ends where its
// memory does, so that a sanitizer sees a byte too many. It must refuse a byte too many as well.
template <class Decode>
void expect_exact_size(std::string_view payload, Decode decode) {
  for (std::size_t size = 0; size < payload.size(); ++size) {
    const std::string cut(payload.substr(0, size));
    EXPECT_FALSE(decode(std::string_view(cut))) << "cut to " << size << " bytes";
  }
  EXPECT_TRUE(decode(payload));
  EXPECT_FALSE(decode(std::string_view(std::string(payload) + "x"))) << "with one more byte";
}

}  // namespace tidemark::wire
