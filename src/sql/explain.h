// A Statement in words, for `tidemark explain`.
#pragma once

#include <string>

#include "sql/statement.h"

namespace tidemark::sql {

// Several lines "word: what", each ended by a newline; lines with nothing to say are left out.
std::string describe(const Statement& statement);

}  // namespace tidemark::sql
