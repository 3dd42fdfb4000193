// What befalls a local cluster.
#include <fmt/format.h>

#include "cli/demo_client.h"
#include "cli/local_cluster.h"
#include "consistency/lsn.h"

namespace tidemark::cli {

Result<std::string> LocalCluster::ask(std::size_t node, const std::string& sql) {
  DemoClient client;
  if (auto connected = client.connect(port(node), "postgres"); !connected) {
    return std::unexpected(connected.error());
  }
  const auto answer = client.query(sql);
  if (!answer) return std::unexpected(answer.error());
  return answer->value();
}

Result<void> LocalCluster::on_standbys(const std::string& sql) {
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    if (node == primary_ || !nodes_[node].process.running()) continue;
    if (auto done = ask(node, sql); !done) return std::unexpected(done.error());
  }
  return {};
}

Result<void> LocalCluster::pause_replay() { return on_standbys("SELECT pg_wal_replay_pause()"); }

Result<void> LocalCluster::resume_replay() { return on_standbys("SELECT pg_wal_replay_resume()"); }

Result<void> LocalCluster::pause_replay_on(std::size_t node) {
  const auto done = ask(node, "SELECT pg_wal_replay_pause()");
  return done ? Result<void>() : std::unexpected(done.error());
}

Result<void> LocalCluster::resume_replay_on(std::size_t node) {
  const auto done = ask(node, "SELECT pg_wal_replay_resume()");
  return done ? Result<void>() : std::unexpected(done.error());
}

// The last one first: what one of the others has, those before it can have had.
Result<void> LocalCluster::cut_off_standbys() {
  for (std::size_t node = nodes_.size(); node-- > 0;) {
    if (node == primary_ || !nodes_[node].process.running()) continue;
    auto done = ask(node, "ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1'");
    if (done) done = ask(node, "SELECT pg_reload_conf()");
    if (!done) return std::unexpected(done.error());
  }
  return {};
}

Result<std::size_t> LocalCluster::fail_over(std::size_t last) {
  crash(primary_);
  std::optional<std::size_t> best;
  consistency::Lsn most;
  for (std::size_t node = 0; node < nodes_.size() && node <= last; ++node) {
    if (node == primary_ || !nodes_[node].process.running()) continue;
    const auto received = ask(node, "SELECT pg_last_wal_receive_lsn()");
    if (!received) return std::unexpected(received.error());
    const auto lsn = consistency::parse_lsn(*received);
    if (!lsn) return std::unexpected(lsn.error());
    if (!best || *lsn > most) best = node, most = *lsn;
  }
  if (!best) return fail("there is no standby left to promote");
  if (auto done = ask(*best, "SELECT pg_promote(true, 60)"); !done) {
    return std::unexpected(done.error());
  }
  primary_ = *best;
  auto followed = on_standbys(
      fmt::format("ALTER SYSTEM SET primary_conninfo = '{}'", conninfo_for_nodes(*best)));
  if (followed) followed = on_standbys("SELECT pg_reload_conf()");
  if (!followed) return std::unexpected(followed.error());
  return *best;
}

}  // namespace tidemark::cli
