// How the checks speak of rows, versions and times. Pure.
#pragma once

#include <string>

#include "audit/history/history.h"

namespace tidemark::audit {

// "register 7", "counter 7", "list 7".
std::string row_name(const Row& row);

// "register 7, version 3".
std::string row_name(const History& history, RowId row, Version version);

// "18 µs", "0.4 ms", "12 ms", "3.2 s": three digits at most, for people.
std::string in_words(Duration duration);

// "wrote register 7, version 3".
std::string wrote(const History& history, RowId row, Version version);

// "wrote register 7, version 3, and list 1, version 2".
std::string wrote_both(const History& history, const Seen& one, const Seen& other);

// "saw register 7, version 3".
std::string saw(const History& history, const Seen& seen);

// "saw register 7, version 3, and list 1, version 1".
std::string saw_both(const History& history, const Seen& one, const Seen& other);

}  // namespace tidemark::audit
