// The section [consistency] of a configuration, and its rules.
#pragma once

#include <string>
#include <string_view>

#include "base/instant.h"
#include "gateway/config.h"
#include "gateway/toml_reader.h"

namespace tidemark::gateway {

// The longest of all waits that a configuration may ask for.
constexpr Duration k_longest_wait = std::chrono::minutes(10);

// Reads into report.config.consistency; warnings go to the report. `file` is the configuration's.
// REQUIRES: the origin has been read, as rules name its nodes.
void read_consistency(TomlReader& in, const std::string& file, Problems& problems,
                      ConfigReport& report);

// Reads [[consistency.rules]]; part of the above.
void read_rules(TomlReader& in, const std::string& file, Problems& problems, ConfigReport& report);

// Any level but `policy`, which promises nothing by itself. True if it was there and right.
bool read_level(TomlReader& in, std::string_view key, consistency::Level& level);

// The first line of the file; relative paths start at the folder of the configuration file. False,
// and reported under this key, when there is none.
bool read_secret_file(TomlReader& in, std::string_view key, const std::string& config_file,
                      std::string& into);

}  // namespace tidemark::gateway
