// tidemark explain: what a statement reads and writes, which rules and level it
// gets, where it may run, and
// why. Nothing is run: the cluster is only asked for its catalogue.
#pragma once

#include <string>

namespace tidemark::cli {

struct ExplainOptions {
  std::string config_path;
  std::string database;  // empty: the origin's
  // Who would send it.
  std::string role;  // empty: the monitor's
  std::string application_name;
  std::string search_path;  // empty: what the server sets for the role
  std::string sql;
  bool json = false;
};

// Returns the exit code.
int explain(const ExplainOptions& options);

}  // namespace tidemark::cli
