#include "simulation/plan.h"

#include <algorithm>

namespace tidemark::simulation {
namespace {

using consistency::Level;

Level draw_level(const Options& options, Random& random) {
  constexpr Level::Kind k_kinds[] = {Level::Kind::k_session, Level::Kind::k_session,
                                     Level::Kind::k_causal,  Level::Kind::k_read_your_writes,
                                     Level::Kind::k_bounded, Level::Kind::k_monotonic_reads,
                                     Level::Kind::k_eventual};
  if (!options.mixes_levels) return {.kind = Level::Kind::k_session};
  if (random.chance(options.strong)) return {.kind = Level::Kind::k_strong};
  Level level{.kind = k_kinds[random.below(std::size(k_kinds))]};
  if (level.kind == Level::Kind::k_bounded) {
    level.bound = std::chrono::milliseconds(1 << random.below(8));
  }
  return level;
}

Durability draw_durability(const Options& options, Random& random) {
  if (random.chance(options.asynchronous)) return Durability::k_off;
  if (random.chance(options.remote_apply)) return Durability::k_remote_apply;
  return random.chance(0.2) ? Durability::k_local : Durability::k_on;
}

// Which rows a plan may touch.
struct Part {
  Row first = 0;
  Row count = k_rows;
};

// Strong reads of some tables are served by standbys, those of the others by the primary, and no
// statement reads both.
Part part_of(const Plan& plan, const Options& options) {
  if (plan.level.kind != Level::Kind::k_strong || !options.strong_from_standbys) return {};
  return plan.from_standbys ? Part{k_rows / 2, k_rows / 2} : Part{0, k_rows / 2};
}

Row draw_row(const Part& part, Random& random) {
  return part.first + static_cast<Row>(random.below(part.count));
}

// Of one table, or of several.
std::vector<Row> draw_rows(const Part& part, Random& random) {
  std::vector<Row> rows;
  if (random.chance(0.3)) {
    for (Row row = 0; row < part.count; ++row) rows.push_back(part.first + row);
    return rows;
  }
  for (auto count = 1 + random.below(3); count > 0; --count) {
    const Row row = draw_row(part, random);
    if (std::ranges::find(rows, row) == rows.end()) rows.push_back(row);
  }
  return rows;
}

}  // namespace

Plan draw_plan(const Options& options, Random& random) {
  using Kind = Work::Kind;
  Plan plan;
  plan.level = draw_level(options, random);
  plan.from_standbys = options.strong_from_standbys && random.chance(0.7) &&
                       plan.level.kind == Level::Kind::k_strong;
  const Part part = part_of(plan, options);
  plan.writes = random.chance(options.writes);
  plan.transaction = random.chance(options.transactions);
  plan.repeatable = plan.transaction && random.chance(0.5);
  const Durability durability = draw_durability(options, random);
  if (plan.writes && !plan.transaction && random.chance(options.prepared)) {
    plan.steps.push_back({.kind = Kind::k_commit_prepared, .durability = durability});
    return plan;
  }
  for (auto count = plan.transaction ? 1 + random.below(4) : 1; count > 0; --count) {
    if (plan.writes && (!plan.transaction || random.chance(0.6))) {
      plan.steps.push_back({.kind = Kind::k_write,
                            .rows = {draw_row(part, random)},
                            .repeatable = plan.repeatable,
                            .commits = !plan.transaction,
                            .durability = durability});
    } else {
      plan.steps.push_back(
          {.kind = Kind::k_read, .rows = draw_rows(part, random), .repeatable = plan.repeatable});
    }
  }
  if (plan.transaction) {
    const bool prepares = plan.writes && random.chance(options.prepared);
    plan.steps.push_back(
        {.kind = prepares ? Kind::k_prepare : Kind::k_commit, .durability = durability});
  }
  return plan;
}

Promised promised_by(const Level& level) {
  switch (level.kind) {
    case Level::Kind::k_eventual:
    case Level::Kind::k_policy:
      return {};
    case Level::Kind::k_monotonic_reads:
      return {.reads = true};
    case Level::Kind::k_read_your_writes:
      return {.writes = true};
    case Level::Kind::k_session:
      return {.writes = true, .reads = true};
    case Level::Kind::k_causal:
      return {.writes = true, .reads = true, .causal = true};
    case Level::Kind::k_bounded:
      return {.bound = level.bound};
    case Level::Kind::k_strong:
      return {.writes = true, .reads = true, .causal = true, .strong = true};
  }
  return {};
}

}  // namespace tidemark::simulation
