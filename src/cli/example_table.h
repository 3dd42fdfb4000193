// The figures of several runs of one example, side by side.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tidemark::cli {

struct ExampleFigures {
  std::string run;   // "as it is meant", "everything at strong", ...
  std::string json;  // what the example's --json wrote
};

// A row for each operation, a group of columns for each run. An error names what cannot be read.
Result<std::string> example_table(const std::vector<ExampleFigures>& runs);

}  // namespace tidemark::cli
