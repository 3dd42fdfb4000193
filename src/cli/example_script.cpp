#include "cli/example_script.h"

namespace tidemark::cli {
namespace {

Result<void> fail_over(LocalCluster& cluster) {
  const auto promoted = cluster.fail_over();
  if (!promoted) return std::unexpected(promoted.error());
  return {};
}

constexpr std::size_t k_near = LocalCluster::k_near;

Result<void> restart_near(LocalCluster& cluster) {
  cluster.crash(k_near);
  return cluster.restart(k_near);
}

// The bank's nodes: the primary, two standbys of which one confirms each transfer, and one for
// reports.
constexpr std::size_t k_second_standby = 2;
constexpr std::size_t k_reporting = 3;

Result<void> pause_some(LocalCluster& cluster) {
  auto done = cluster.pause_replay_on(k_second_standby);
  return done ? cluster.pause_replay_on(k_reporting) : done;
}

Result<void> fail_over_the_bank(LocalCluster& cluster) {
  const auto promoted = cluster.fail_over(k_second_standby);
  if (!promoted) return std::unexpected(promoted.error());
  return cluster.copy_analytics_anew();
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
      {.name = "social",
       .about = "feed eventual, likes monotonic_reads, comments read_your_writes, replies and "
                "friends causal, messages strong; the primary is in another region",
       .standbys = 2,
       .synchronous = "",
       .far_ms = 30,
       .mishaps = {{0.1, "the near standby stops replaying",
                    [](LocalCluster& cluster) { return cluster.pause_replay_on(k_near); }},
                   {0.4, "it goes on",
                    [](LocalCluster& cluster) { return cluster.resume_replay_on(k_near); }},
                   {0.6, "it crashes, and is started again", restart_near}},
       .seconds_once = 5,
       .users = 24,
       .keeps_cluster = true},
      {.name = "bank",
       .about = "ledger strong and remote_apply, statements session, reports bounded(1s) on their "
                "own replica, audits monotonic_reads, analytics by logical replication",
       .standbys = 3,
       .synchronous = "ANY 1 (node0, node1, node2)",
       .mishaps = {{0.1, "a standby and the reporting replica stop replaying", pause_some},
                   {0.45, "they go on", &LocalCluster::resume_replay},
                   {0.6, "the standbys lose the primary", &LocalCluster::cut_off_standbys},
                   {0.7, "the primary crashes, and a standby is promoted", fail_over_the_bank}},
       .seconds_once = 5},
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
