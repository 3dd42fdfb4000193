// Any bytes are given as a token, and any body is sealed with the right key: what is accepted is
// what encode() gives for it, and whatever else is refused in words.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "session/token.h"
#include "wire/crypto.h"

namespace {

constexpr std::string_view k_key = "the fuzzer has the key";

void check(std::string_view text) {
  const auto token = tidemark::session::decode(text, k_key);
  if (token) {
    // Numbers may be longer than they need be: nobody but who has the key can make such a token.
    const std::string again = tidemark::session::encode(*token, k_key);
    CHECK(again.size() <= text.size());
    CHECK(tidemark::session::decode(again, k_key) == *token);
  } else {
    CHECK(token.error().sqlstate == "22023");
    CHECK(!token.error().message.empty() && !token.error().hint.empty());
  }
}

std::string seal(std::string_view sized_body) {
  std::string bytes(sized_body);
  bytes += tidemark::wire::hmac_sha256(k_key, "tm1_" + bytes).substr(0, 16);
  std::string text = "tm1_" + tidemark::wire::to_base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& digit : text) digit = digit == '+' ? '-' : digit == '/' ? '_' : digit;
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check(bytes);
  check("tm1_" + std::string(bytes));
  check(seal(bytes));
  if (size < 128) check(seal(static_cast<char>(size) + std::string(bytes)));
  return 0;
}
