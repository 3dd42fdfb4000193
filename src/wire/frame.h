// The frame of protocol 3: one byte that says which message it is, four that say how long it is
// (big-endian, counting themselves but not the tag), and the payload. Peek, don't parse: a frame is
// found by its header alone, and forwarded as bytes unless a decision needs more of it.
//
// Every error of the decoders in wire/ is a protocol violation, SQLSTATE 08P01, unless its function
// says otherwise. Thread rule: everything in wire/ is a value or a free function without state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/check.h"
#include "base/result.h"

namespace tidemark::wire {

// Who sent a message: the same tag means different things in the two directions.
enum class Side { k_client, k_server };

constexpr std::size_t k_header_size = 5;

// Limits of Header::length, in bytes. PostgreSQL allows a client PQ_LARGE_MESSAGE_LIMIT for what
// carries data and PQ_SMALL_MESSAGE_LIMIT for the rest (libpq.h). A server's message is a
// StringInfo of at most 1 GiB - 2 bytes behind the four of the length.
constexpr std::uint32_t k_max_message = 0x40000002;
constexpr std::uint32_t k_max_large_client_message = 0x3ffffffe;
constexpr std::uint32_t k_max_small_client_message = 10'000;
// Before authentication: PG_MAX_AUTH_TOKEN_LENGTH.
constexpr std::uint32_t k_max_password_message = 65'535;

struct Header {
  char tag = 0;
  std::uint32_t length = 4;  // as on the wire: counts itself, not the tag

  constexpr std::size_t total() const { return 1 + std::size_t{length}; }
  constexpr std::size_t payload_size() const { return std::size_t{length} - 4; }

  bool operator==(const Header&) const = default;
};

// The header in the first five bytes, which must be there; its length may be no message's.
inline Header unchecked_header(std::string_view bytes) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i]));
  };
  return {bytes[0], byte(1) << 24 | byte(2) << 16 | byte(3) << 8 | byte(4)};
}

constexpr bool is_length(std::uint32_t length) { return length >= 4 && length <= k_max_message; }

// The header at the front of `bytes`; none if there are fewer than five. The payload need not be
// there yet: compare total() with bytes.size().
inline Result<std::optional<Header>> peek(std::string_view bytes) {
  if (bytes.size() < k_header_size) return std::optional<Header>();
  const Header header = unchecked_header(bytes);
  if (!is_length(header.length)) return fail("invalid message length");
  return header;
}

// The frame at the front of `bytes` if all of it is there; a length of 0 if not.
inline Header whole_frame(std::string_view bytes) {
  if (bytes.size() < k_header_size) return {.tag = 0, .length = 0};
  const Header header = unchecked_header(bytes);
  if (!is_length(header.length) || header.total() > bytes.size()) return {.tag = 0, .length = 0};
  return header;
}

// The payload of the frame at the front of `bytes`. REQUIRES: the whole frame is there.
inline std::string_view payload(std::string_view bytes, const Header& header) {
  CHECK(bytes.size() >= header.total());
  return bytes.substr(k_header_size, header.payload_size());
}

// What a client may send after authentication: a known tag within its limit, in PostgreSQL's words
// ("invalid frontend message type 63", "invalid message length").
Result<void> validate_client(const Header& header);

// What a client may send while it is asked for a password or a SASL response.
Result<void> validate_password(const Header& header);

// "Parse", "ReadyForQuery"; "unknown message" for a tag that this side does not send.
std::string_view message_name(Side side, char tag);

}  // namespace tidemark::wire
