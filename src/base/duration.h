// Durations as PostgreSQL writes them: a number and a unit, "50ms", "1.5s", "2min".
#pragma once

#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/result.h"

namespace tidemark {

// Accepts us, ms, s, min, h and d, with an optional fraction and spaces around the parts, as
// PostgreSQL's settings do. A number without a unit, a negative one, or one that does not fit is an
// error that names the text.
Result<Duration> parse_duration(std::string_view text);

// The shortest exact form: "50ms", "2s", "1500us"; "0" for zero.
std::string format_duration(Duration duration);

}  // namespace tidemark
