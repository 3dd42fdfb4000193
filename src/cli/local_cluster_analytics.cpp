// The analytics server of a local cluster: another PostgreSQL, fed by logical replication.
#include <fmt/format.h>

#include "cli/demo_client.h"
#include "cli/local_cluster.h"

namespace tidemark::cli {

Result<void> LocalCluster::make_analytics(const Plan& plan) {
  const auto ports = free_ports(1);
  if (!ports) return std::unexpected(ports.error());
  analytics_.port = ports->front();
  analytics_.folder = folder_ + "/analytics";
  analytics_.log_path = analytics_.folder + ".log";
  progress_(fmt::format("analytics on 127.0.0.1:{}", analytics_.port));
  if (auto created = create(analytics_); !created) return created;
  DemoClient client;
  auto done = client.connect(analytics_.port, "postgres");
  if (done) done = client.run(fmt::format("CREATE DATABASE {}", database_));
  if (done) done = client.connect(analytics_.port, database_);
  if (done) done = client.run(plan.analytics);
  return done ? subscribe() : done;
}

Result<void> LocalCluster::subscribe() {
  DemoClient client;
  auto done = client.connect(analytics_.port, database_);
  if (done) done = client.run("SET client_min_messages = warning");
  if (!done) return done;
  return client.run(
      fmt::format("CREATE SUBSCRIPTION ledger CONNECTION 'host=127.0.0.1 port={} user=postgres "
                  "dbname={}' PUBLICATION ledger",
                  port(primary_), database_));
}

Result<void> LocalCluster::copy_analytics_anew() {
  DemoClient client;
  if (auto done = client.connect(analytics_.port, database_); !done) return done;
  for (const char* sql :
       {"ALTER SUBSCRIPTION ledger DISABLE", "ALTER SUBSCRIPTION ledger SET (slot_name = NONE)",
        "DROP SUBSCRIPTION ledger", "TRUNCATE transfer"}) {
    if (auto done = client.run(sql); !done) return done;
  }
  return subscribe();
}

}  // namespace tidemark::cli
