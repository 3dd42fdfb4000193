// Where PostgreSQL's programs are.
#pragma once

#include <string>

#include "base/result.h"

namespace tidemark::cli {

// The folder that holds initdb, pg_basebackup and postgres: the wanted one if it is not empty, what
// pg_config says, the newest below /usr/lib/postgresql, or one of PATH.
Result<std::string> find_postgres(const std::string& wanted);

}  // namespace tidemark::cli
