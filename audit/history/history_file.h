// A history as text, to be kept and checked again: JSON, one line a thing, described in
// docs/audit-history.md.
//
// Pure: the streams are the caller's. Thread rule: none.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "audit/history/history.h"
#include "base/result.h"

namespace tidemark::audit {

constexpr std::string_view k_history_format = "tidemark-audit-history";
constexpr unsigned k_history_version = 1;

// Writes line by line. Whether the stream took it all is for the caller to ask.
void save_history(const History& history, std::ostream& out);

// Reads what save_history() wrote. An error names the line, counted from 1, and what is wrong with
// it; a file that was cut short is one.
Result<History> load_history(std::istream& in);

}  // namespace tidemark::audit
