// What each example needs to run on, and what befalls it meanwhile.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "cli/local_cluster.h"

namespace tidemark::cli {

struct Mishap {
  double at = 0;  // as a share of the run
  std::string_view what;
  std::function<Result<void>(LocalCluster&)> happen;
};

struct ExampleScript {
  std::string_view name;
  std::string_view about;
  int standbys = 2;
  std::string_view synchronous;  // synchronous_standby_names; empty: none
  double far_ms = 0;             // see LocalCluster::Plan
  std::vector<Mishap> mishaps;   // by time
  int seconds_once = 12;         // of each run, where --once asks for short ones
  int users = 12;
  bool keeps_cluster = false;  // the mishaps leave it fit for another run
};

// Nothing for a name that is no example's.
const ExampleScript* find_example_script(std::string_view name);

}  // namespace tidemark::cli
