#include "cli/example_script.h"

namespace tidemark::cli {
namespace {

Result<void> fail_over(LocalCluster& cluster) {
  const auto promoted = cluster.fail_over();
  if (!promoted) return std::unexpected(promoted.error());
  return {};
}

const std::vector<ExampleScript>& scripts() {
  static const std::vector<ExampleScript> all = {
      {.name = "shop",
       .about = "stock strong, catalogue bounded(5s), carts by session, orders read_your_writes",
       .standbys = 2,
       .synchronous = "ANY 1 (*)",
       .mishaps = {{0.1, "both standbys stop replaying", &LocalCluster::pause_replay},
                   {0.65, "they go on", &LocalCluster::resume_replay},
                   {0.75, "the primary crashes, and a standby is promoted", fail_over}}},
  };
  return all;
}

}  // namespace

const ExampleScript* find_example_script(std::string_view name) {
  for (const ExampleScript& one : scripts()) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

}  // namespace tidemark::cli
