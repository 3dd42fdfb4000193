// What the program's exit code says.
#pragma once

namespace tidemark::cli {

constexpr int k_ok = 0;
constexpr int k_failed = 1;  // the configuration is wrong, the server could not start, ...
constexpr int k_usage = 2;   // the command line is wrong

}  // namespace tidemark::cli
