// The program's version, as --version prints it.
#pragma once

namespace tidemark::cli {

constexpr const char* k_version = "0.1.0";

}  // namespace tidemark::cli
