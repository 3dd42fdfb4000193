// Distance between the nodes of a local cluster.
#include <fmt/format.h>
#include <libpq-fe.h>
#include <signal.h>

#include <filesystem>

#include "cli/interrupt.h"
#include "cli/local_cluster.h"
#include "net/clock.h"

namespace tidemark::cli {
namespace {

using namespace std::chrono_literals;

constexpr Duration k_relay_patience = 10s;

}  // namespace

// One link to each node. The near one has one, too: for the other nodes, should it be promoted.
Result<void> LocalCluster::begin_relay(double far_ms) {
  std::error_code ignored;
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "delay_relay";
  if (!std::filesystem::exists(program)) {
    return fail(fmt::format("there is no {}: `make build` makes it", program.string()));
  }
  const auto ports = free_ports(nodes_.size());
  if (!ports) return std::unexpected(ports.error());
  Launch relay;
  relay.command = {program, "--rtt", std::to_string(far_ms)};
  relay.log_path = folder_ + "/relay.log";
  relay.death_signal = SIGTERM;
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    nodes_[node].far_port = (*ports)[node];
    relay.command.push_back(fmt::format("127.0.0.1:{}={}", nodes_[node].far_port, address(node)));
  }
  progress_(fmt::format("relay: {:g} ms between the regions", far_ms));
  auto started = ChildProcess::start(relay);
  if (!started) return std::unexpected(started.error());
  relay_ = std::move(*started);
  const Instant deadline = net::now() + k_relay_patience;
  while (PQping(conninfo_for_nodes(0).c_str()) != PQPING_OK) {
    if (!relay_.running() || net::now() > deadline) {
      return fail("the relay does not start:\n" + tail_of(relay.log_path, 5));
    }
    if (interrupt_.sleep(20ms)) return fail("interrupted");
  }
  return {};
}

int LocalCluster::port_for_clients(std::size_t node) const {
  const Node& asked = nodes_[node];
  return asked.far_port == 0 || node == k_near ? asked.port : asked.far_port;
}

std::string LocalCluster::conninfo_for_nodes(std::size_t node) const {
  const Node& asked = nodes_[node];
  return fmt::format("host=127.0.0.1 port={} user=postgres",
                     asked.far_port == 0 ? asked.port : asked.far_port);
}

}  // namespace tidemark::cli
