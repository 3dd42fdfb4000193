// The few primitives that SCRAM is made of, on OpenSSL, with bytes as strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::wire {

constexpr std::size_t k_sha256_size = 32;

std::string sha256(std::string_view data);
std::string hmac_sha256(std::string_view key, std::string_view data);
// RFC 5802's Hi(). An error where the machine's policy forbids such a salt or so few iterations.
Result<std::string> pbkdf2_sha256(std::string_view password, std::string_view salt,
                                  std::uint32_t iterations);

// Takes the same time wherever they differ.
bool equal_in_constant_time(std::string_view a, std::string_view b);

// RFC 4648 with padding. Decoding is strict: no spaces, nothing after the padding; none if broken.
std::string to_base64(std::string_view data);
std::optional<std::string> from_base64(std::string_view text);

}  // namespace tidemark::wire
