#include "cli/demo.h"

#include <fmt/format.h>
#include <signal.h>

#include "cli/demo_gateway.h"
#include "cli/demo_screen.h"
#include "cli/demo_tour.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/local_cluster.h"
#include "cli/postgres_binaries.h"
#include "net/clock.h"

namespace tidemark::cli {
namespace {

using namespace std::chrono_literals;

constexpr int k_standbys = 2;
constexpr const char* k_database = "shop";

std::string gateway_config(const LocalCluster& cluster, int port) {
  std::string nodes;
  for (std::size_t node = 0; node < cluster.size(); ++node) {
    nodes += fmt::format("{}\"{}\"", node == 0 ? "" : ", ", cluster.address(node));
  }
  return fmt::format(
      "[listen]\naddress = \"127.0.0.1:{}\"\n\n[auth]\nmethod = \"trust\"\n\n"
      "[origins.main]\nnodes = [{}]\nuser = \"postgres\"\ndatabase = \"{}\"\n\n"
      "[consistency]\ndefault = \"session\"\n\n[shutdown]\ndrain = \"1s\"\n",
      port, nodes, k_database);
}

void invite(const DemoScreen& screen, const LocalCluster& cluster, const DemoGateway& gateway) {
  const Terminal& terminal = screen.terminal();
  fmt::print("\n{}\n\n", terminal.bold("Now you. Connect through the gateway:"));
  fmt::print("    {}\n\n", terminal.bold(fmt::format("psql -h 127.0.0.1 -p {} -U postgres {}",
                                                     gateway.port(), k_database)));
  fmt::print(
      "  and try   SELECT * FROM comment;   SHOW tidemark.route;\n"
      "            SET tidemark.level = 'eventual';   (or session, strong, ...)\n\n");
  for (std::size_t node = 0; node < cluster.size(); ++node) {
    fmt::print("  {:<14}127.0.0.1:{}\n", screen.node_name(cluster.address(node)),
               cluster.port(node));
  }
  fmt::print("  {:<14}{}\n  {:<14}{}\n\n", "configuration", gateway.config_path(), "log",
             gateway.log_path());
  fmt::print("{}\n", terminal.dim("Ctrl-C ends the demo and removes everything."));
  std::fflush(stdout);
}

// Stays up until interrupted, or until the gateway ends by itself.
bool linger(Interrupt& interrupt, DemoGateway& gateway) {
  while (!interrupt.sleep(200ms)) {
    if (!gateway.running()) return false;
  }
  return true;
}

int conduct(const DemoOptions& options, const std::string& bindir, Interrupt& interrupt) {
  DemoScreen screen;
  const auto give_up = [&](const Error& why, const std::string& log_path) {
    if (interrupt.pending()) {
      fmt::print("\ninterrupted; everything is removed\n");
      return k_failed;
    }
    fmt::print(stderr, "\n{} {}\n{}", screen.terminal().red("error:"), why.message,
               log_path.empty() ? "" : tail_of(log_path, 15));
    return k_failed;
  };
  screen.title(
      "Tidemark: a primary, two standbys, and a gateway in front. Nothing of it will stay.");
  LocalCluster cluster(bindir, interrupt,
                       [&](const std::string& what) { screen.begin(what, net::now()); });
  const auto started = cluster.start({k_standbys, k_database, DemoTour::setup_sql(), ""});
  if (!started) return give_up(started.error(), "");
  screen.name_node(cluster.address(0), "primary");
  for (std::size_t node = 1; node < cluster.size(); ++node) {
    screen.name_node(cluster.address(node), fmt::format("standby {}", node));
  }

  DemoGateway gateway;
  const auto ports = free_ports(1);
  if (!ports) return give_up(ports.error(), "");
  screen.begin(fmt::format("gateway on 127.0.0.1:{}", ports->front()), net::now());
  const auto up = gateway.start(cluster.folder(), gateway_config(cluster, ports->front()),
                                {ports->front(), k_database}, interrupt);
  if (!up) return give_up(up.error(), gateway.log_path());
  screen.end(net::now());

  DemoTour tour(cluster, gateway.port(), k_database, screen, interrupt);
  const auto toured = tour.run();
  if (!toured) return give_up(toured.error(), gateway.log_path());
  const int code = *toured ? k_ok : k_failed;
  if (options.once) {
    fmt::print("\n{}\n", *toured ? "Every step saw what it should."
                                 : screen.terminal().red("Not every step saw what it should."));
    return code;
  }
  invite(screen, cluster, gateway);
  if (!linger(interrupt, gateway)) return give_up({"the gateway has ended"}, gateway.log_path());
  fmt::print("\n");
  return code;
}

}  // namespace

int demo(const DemoOptions& options) {
  forget_libpq_settings();
  // A reader that goes away must not keep us from cleaning up.
  signal(SIGPIPE, SIG_IGN);
  const auto bindir = find_postgres(options.pg_bindir);
  if (!bindir) {
    fmt::print(stderr, "{} {}\n", Terminal(2).red("error:"), bindir.error().message);
    return k_failed;
  }
  Interrupt interrupt;
  return conduct(options, *bindir, interrupt);
}

}  // namespace tidemark::cli
