// What both roles of SCRAM compute from a password.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::wire {

struct ScramKeys {
  std::string client_key;
  std::string server_key;
};

// The costly part: `iterations` times a hash.
Result<ScramKeys> derive_scram_keys(std::string_view password, std::string_view salt,
                                    std::uint32_t iterations);

// A decimal number from 1 to k_scram_max_iterations, and nothing else.
std::optional<std::uint32_t> parse_scram_iterations(std::string_view text);

// REQUIRES: a.size() == b.size().
std::string exclusive_or(std::string_view a, std::string_view b);

}  // namespace tidemark::wire
