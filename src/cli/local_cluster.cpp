#include "cli/local_cluster.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "cli/demo_client.h"
#include "cli/interrupt.h"
#include "net/clock.h"
#include "net/descriptor.h"

namespace tidemark::cli {
namespace {

using namespace std::chrono_literals;

constexpr Duration k_tool_patience = 120s;
constexpr Duration k_boot_patience = 60s;
constexpr Duration k_stop_patience = 10s;
// Below those that the kernel gives to outgoing connections: a server that is down keeps its port.
constexpr int k_first_port = 15'000;
constexpr int k_last_port = 32'000;

// PostgreSQL refuses to run as root.
Result<std::optional<SystemUser>> server_user() {
  if (geteuid() != 0) return std::optional<SystemUser>();
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* entry = getpwnam(name)) {
      return std::optional(SystemUser{entry->pw_uid, entry->pw_gid});
    }
  }
  return fail("PostgreSQL does not run as root, and there is no user postgres or nobody here");
}

std::string settings(const std::string& name, int port) {
  return fmt::format(
      "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = ''\n"
      "max_connections = 100\nshared_buffers = 16MB\nwal_level = logical\nmax_wal_senders = 10\n"
      "hot_standby = on\nfsync = off\nfull_page_writes = off\nautovacuum = off\njit = off\n"
      "wal_retrieve_retry_interval = '100ms'\ncluster_name = '{}'\n",
      port, name);
}

}  // namespace

Result<std::vector<int>> free_ports(std::size_t count) {
  // All are held until the last one is known, so that none is given twice.
  std::vector<net::Descriptor> sockets;
  std::vector<int> ports;
  std::random_device random;
  std::uniform_int_distribution<int> any(k_first_port, k_last_port);
  for (int tries = 0; tries < 1000 && ports.size() < count; ++tries) {
    const int port = any(random);
    net::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) continue;
    ports.push_back(port);
    sockets.push_back(std::move(socket));
  }
  if (ports.size() < count) return fail("no free ports on 127.0.0.1");
  return ports;
}

LocalCluster::~LocalCluster() {
  analytics_.process.stop(SIGQUIT, k_stop_patience);
  // Standbys first, so that none complains of the primary's end. SIGQUIT: at once, but tidily.
  for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) {
    node->process.stop(SIGQUIT, k_stop_patience);
  }
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

Result<void> LocalCluster::start(const Plan& plan) {
  if (auto made = make_folder(); !made) return made;
  const auto ports = free_ports(static_cast<std::size_t>(plan.standbys) + 1);
  if (!ports) return std::unexpected(ports.error());
  for (const int port : *ports) {
    Node node;
    node.port = port;
    node.folder = fmt::format("{}/node{}", folder_, nodes_.size());
    node.log_path = node.folder + ".log";
    nodes_.push_back(std::move(node));
  }
  database_ = plan.database;
  if (auto made = make_primary(); !made) return made;
  if (auto made = make_database(plan); !made) return made;
  if (plan.far_ms > 0) {
    if (auto begun = begin_relay(plan.far_ms); !begun) return begun;
  }
  if (auto done = copy_standbys(); !done) return done;
  if (!plan.analytics.empty()) {
    if (auto made = make_analytics(plan); !made) return made;
  }
  if (plan.synchronous.empty()) return {};
  // On the standbys as well: one of them may become the primary.
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    auto done = ask(
        node, fmt::format("ALTER SYSTEM SET synchronous_standby_names = '{}'", plan.synchronous));
    if (done) done = ask(node, "SELECT pg_reload_conf()");
    if (!done) return std::unexpected(done.error());
  }
  return {};
}

Result<void> LocalCluster::renew(const Plan& plan) {
  progress_("the database once more");
  const auto dropped = ask(primary_, fmt::format("DROP DATABASE {} WITH (FORCE)", plan.database));
  if (!dropped) return std::unexpected(dropped.error());
  return make_database(plan);
}

Result<void> LocalCluster::make_database(const Plan& plan) {
  DemoClient client;
  if (auto done = client.connect(port(primary_), "postgres"); !done) return done;
  if (auto done = client.run(fmt::format("CREATE DATABASE {}", plan.database)); !done) {
    return done;
  }
  if (auto done = client.connect(port(primary_), plan.database); !done) return done;
  return client.run(plan.setup);
}

Result<void> LocalCluster::make_folder() {
  const auto user = server_user();
  if (!user) return std::unexpected(user.error());
  user_ = *user;
  std::error_code ignored;
  std::string name = (std::filesystem::temp_directory_path(ignored) / "tidemark-demo-XXXXXX");
  if (mkdtemp(name.data()) == nullptr) {
    return fail(fmt::format("cannot make the folder {}: {}", name, std::strerror(errno)));
  }
  folder_ = name;
  if (user_ && chown(folder_.c_str(), user_->uid, user_->gid) != 0) {
    return fail(fmt::format("cannot give {} away: {}", folder_, std::strerror(errno)));
  }
  return {};
}

Result<void> LocalCluster::make_primary() {
  Node& primary = nodes_.front();
  progress_(fmt::format("primary on {}", address(0)));
  return create(primary);
}

Result<void> LocalCluster::create(Node& node) {
  auto made = run_tool({bindir_ + "/initdb", "-D", node.folder, "-U", "postgres", "-A", "trust",
                        "-E", "UTF8", "--locale=C", "--no-sync"});
  if (!made) return made;
  configure(node);
  return boot(node);
}

void LocalCluster::configure(const Node& node) {
  const std::string name = std::filesystem::path(node.folder).filename();
  std::ofstream(node.folder + "/postgresql.conf", std::ios::app) << settings(name, node.port);
}

Result<void> LocalCluster::copy_standbys() {
  for (std::size_t i = 1; i < nodes_.size(); ++i) {
    Node& standby = nodes_[i];
    progress_(fmt::format("standby {} on {}", i, address(i)));
    auto copied = run_tool({bindir_ + "/pg_basebackup", "-h", "127.0.0.1", "-p",
                            std::to_string(port(0)), "-U", "postgres", "-D", standby.folder, "-R",
                            "-X", "stream", "-c", "fast", "--no-sync"});
    if (!copied) return copied;
    configure(standby);
    // Behind what -R has put there, and so instead of it.
    std::ofstream(standby.folder + "/postgresql.auto.conf", std::ios::app)
        << fmt::format("primary_conninfo = '{}'\n", conninfo_for_nodes(0));
    if (auto booted = boot(standby); !booted) return booted;
  }
  return {};
}

std::string LocalCluster::address(std::size_t node) const {
  return fmt::format("127.0.0.1:{}", port(node));
}

void LocalCluster::crash(std::size_t node) { nodes_[node].process.stop(SIGQUIT, k_stop_patience); }

Result<void> LocalCluster::restart(std::size_t node) { return boot(nodes_[node]); }

Result<void> LocalCluster::boot(Node& node) {
  Launch server = launch({bindir_ + "/postgres", "-D", node.folder}, node.log_path);
  server.death_signal = SIGQUIT;
  auto child = ChildProcess::start(server);
  if (!child) return std::unexpected(child.error());
  node.process = std::move(*child);
  const std::string target =
      fmt::format("host=127.0.0.1 port={} user=postgres dbname=postgres", node.port);
  const Instant deadline = net::now() + k_boot_patience;
  while (PQping(target.c_str()) != PQPING_OK) {
    if (!node.process.running() || net::now() > deadline) {
      return fail(fmt::format("the server on 127.0.0.1:{} does not start:\n{}", node.port,
                              tail_of(node.log_path, 15)));
    }
    if (interrupt_.sleep(20ms)) return fail("interrupted");
  }
  return {};
}

Result<void> LocalCluster::run_tool(std::vector<std::string> command) {
  if (interrupt_.pending()) return fail("interrupted");
  Launch tool = launch(std::move(command), folder_ + "/tools.log");
  tool.death_signal = SIGTERM;
  return run(tool, k_tool_patience);
}

Launch LocalCluster::launch(std::vector<std::string> command, std::string log_path) const {
  Launch made;
  made.command = std::move(command);
  made.log_path = std::move(log_path);
  made.folder = folder_;
  made.user = user_;
  return made;
}

}  // namespace tidemark::cli
