// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/instant.h"

namespace tidemark::audit {

// "1,234,567".
std::string grouped(std::uint64_t number);

// In milliseconds, with as many decimals as mean something: "0.042", "1.23", "12.3", "1,234".
std::string in_milliseconds(Duration duration);

// In seconds, to the millisecond: "12.345".
std::string in_seconds(Duration duration);

// "98.4 %"; never "0.0 %" or "100.0 %" of what is neither none nor all.
std::string percent(std::uint64_t part, std::uint64_t whole);

// How many of a million; 0 of none. And the same for people: "1,234", "0.3".
double per_million(std::uint64_t part, std::uint64_t whole);
std::string rate(std::uint64_t part, std::uint64_t whole);

// "once", "1,234 times".
std::string times(std::uint64_t count);

// "1 read", "1,234 reads".
std::string counted(std::uint64_t count, std::string_view noun);

}  // namespace tidemark::audit
