// Token: what a session requires, as opaque text that any connection or gateway can take over.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "consistency/history.h"
#include "session/refusal.h"

namespace tidemark::session {

// The floors of one origin's session, all of them flushed, stated on one timeline. A session
// without any has timeline 0 and no positions.
struct Token {
  std::uint64_t system_identifier = 0;
  consistency::Timeline timeline = 0;
  consistency::Lsn writes;
  consistency::Lsn reads;
  bool shown = false;  // the primary is known to show all of it

  friend bool operator==(const Token&, const Token&) = default;
};

// The most characters that a token has; all of them are letters, digits, '-' and '_'.
constexpr std::size_t k_max_token_size = 80;

// As text: "tm1_" (the 1 is the format's version), then base64url (RFC 4648, section 5) without
// padding of: the size of the body, the body, and the first 128 bits of an HMAC-SHA-256 (RFC 2104,
// truncated as in RFC 4868) over "tm1_", size and body. Numbers are LEB128, but for the system
// identifier, which takes 8 bytes, least significant first. The body: how many origins (1 today),
// and for each its system identifier, 1 or 0 for shown, timeline, writes, reads.
// REQUIRES: the key is not empty. Whoever has it can make tokens.
std::string encode(const Token& token, std::string_view key);

// The token, of whichever system it is, if it was made with this key. Nothing of the text is looked
// at before that is sure, but what tells how long it should be. Refused with SQLSTATE 22023 and a
// message that says whether the text is no token, is too short, too long, of another version, or
// was changed or made with another key. REQUIRES: the key is not empty.
std::expected<Token, Refusal> decode(std::string_view text, std::string_view key);

}  // namespace tidemark::session
