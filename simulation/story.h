// A violation in words.
#pragma once

#include <string>

#include "simulation/checker.h"

namespace tidemark::simulation {

struct Case {
  Breach breach;
  std::size_t operation = 0;
  std::uint32_t from = 0;  // the operation that the requirement comes from; 0 if it is none
  Seen seen;
  VersionId needed = 0;
};

// A few lines: what was seen, what was missing and where that came from.
std::string story(const History& history, const Case& what);

// One line about one operation, with its number.
std::string describe(const History& history, std::size_t operation);

}  // namespace tidemark::simulation
