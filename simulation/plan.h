// What a client is about to do: one statement, or a transaction of several, and what it asks for.
#pragma once

#include <vector>

#include "base/random.h"
#include "consistency/level.h"
#include "simulation/executor.h"
#include "simulation/history.h"
#include "simulation/options.h"

namespace tidemark::simulation {

struct Plan {
  std::vector<Work> steps;
  consistency::Level level;
  bool writes = false;       // something of it may write
  bool repeatable = false;   // REPEATABLE READ
  bool transaction = false;  // between BEGIN and the last step
  // Strong, and about tables whose strong reads are served by standbys.
  bool from_standbys = false;
};

Plan draw_plan(const Options& options, Random& random);

// What the level promises, in the checker's words.
Promised promised_by(const consistency::Level& level);

}  // namespace tidemark::simulation
