// tidemark check: the effective configuration, or everything that is wrong with it.
#pragma once

#include <optional>
#include <string>

#include "gateway/config.h"

namespace tidemark::cli {

// Reads the file and prints its errors and warnings to stderr. Nothing if there are errors.
std::optional<gateway::Config> read_config(const std::string& path);

// Prints the effective configuration to stdout. Returns the exit code.
int check(const std::string& config_path);

}  // namespace tidemark::cli
