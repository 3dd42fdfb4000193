// simulation FIRST_SEED COUNT [MECHANISM]: plays that many seeds and tells of every violation. With
// the number of a mechanism (mechanisms.h) it does without it. Exits with 1 if there was a
// violation.
#include <cstdio>
#include <cstdlib>

#include "simulation/simulation.h"

int main(int count, char** arguments) {
  using namespace tidemark::simulation;
  if (count < 3) {
    std::fprintf(stderr, "usage: %s FIRST_SEED COUNT [MECHANISM]\n", arguments[0]);
    return 2;
  }
  const std::uint64_t first = std::strtoull(arguments[1], nullptr, 10);
  const std::uint64_t seeds = std::strtoull(arguments[2], nullptr, 10);
  const auto without =
      static_cast<Without>(count > 3 ? std::strtoul(arguments[3], nullptr, 10) : 0);
  Tally tally;
  std::uint64_t bad = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const Report run = simulate(seed, without);
    tally += run.tally;
    if (run.violations.empty()) continue;
    ++bad;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
                run.violations.front().story.c_str());
  }
  std::printf(
      "seeds %llu, with violations %llu; operations %llu, on standbys %llu (quiet %llu), "
      "on primaries %llu, refused %llu, failed %llu, told of losses %llu\n",
      static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(bad),
      static_cast<unsigned long long>(tally.operations),
      static_cast<unsigned long long>(tally.on_standby),
      static_cast<unsigned long long>(tally.quiet),
      static_cast<unsigned long long>(tally.on_primary),
      static_cast<unsigned long long>(tally.refused), static_cast<unsigned long long>(tally.failed),
      static_cast<unsigned long long>(tally.told));
  return bad == 0 ? 0 : 1;
}
