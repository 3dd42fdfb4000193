// Service level agreements: an ordered list of levels, each good enough if it comes soon enough.
// After Terry et al., "Consistency-Based Service Level Agreements for Cloud Storage" (Pileus, SOSP
// 2013).
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "consistency/level.h"

namespace tidemark::consistency {

struct Alternative {
  Level level;
  Duration within = Duration::max();  // from the read's arrival to its answer; max: whenever

  friend bool operator==(const Alternative&, const Alternative&) = default;
};

// At least one; the first that can be had in time is wanted most. Never k_policy among several.
using Sla = std::vector<Alternative>;

constexpr std::size_t k_max_alternatives = 8;

// Reads "strong<20ms, session<50ms, eventual", and "session" as a list of one.
std::expected<Sla, LevelError> parse_sla(std::string_view text);

// What parse_sla() reads.
std::string to_string(const Alternative& alternative);
std::string to_string(const Sla& sla);

}  // namespace tidemark::consistency
