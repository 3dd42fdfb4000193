// Simulation: one run of the real core, through its stand-ins for the gateway, against the model
// servers. The seed decides everything.
#pragma once

#include <cstdint>
#include <vector>

#include "simulation/checker.h"
#include "simulation/mechanisms.h"
#include "simulation/options.h"
#include "simulation/recorder.h"

namespace tidemark::simulation {

struct Report {
  Tally tally;
  std::vector<Violation> violations;
};

Report simulate(std::uint64_t seed, const Options& options, Without without = Without::k_nothing);

// With the options of the seed.
Report simulate(std::uint64_t seed, Without without = Without::k_nothing);

}  // namespace tidemark::simulation
