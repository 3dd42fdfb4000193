// Level: what a read is promised.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/result.h"

namespace tidemark::consistency {

struct Level {
  enum class Kind : std::uint8_t {
    k_eventual,          // some committed state
    k_monotonic_reads,   // never older than what the session has read
    k_read_your_writes,  // the session's own earlier writes
    k_session,           // both of these
    k_causal,            // and what those writes and reads depended on, in any origin
    k_bounded,           // nothing committed more than `bound` ago is missing
    k_strong,            // everything committed before the read began
    k_policy,            // what the rules say
  };

  Kind kind = Kind::k_session;
  Duration bound{0};  // of k_bounded only

  friend bool operator==(const Level&, const Level&) = default;
};

// Why a text is no level, as PostgreSQL reports it for a setting of its own (SQLSTATE 22023).
struct LevelError {
  std::string message;  // invalid value for parameter "tidemark.level": "x"
  std::string hint;     // Available values: strong, bounded(2s), ...
};

// Reads "session" or "bounded(2s)", in any letter case, with spaces around the parts.
std::expected<Level, LevelError> parse_level(std::string_view text);

// What parse_level() reads.
std::string to_string(const Level& level);

}  // namespace tidemark::consistency
