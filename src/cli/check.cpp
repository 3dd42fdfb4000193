#include "cli/check.h"

#include <fmt/format.h>

#include <vector>

#include "cli/exit_code.h"
#include "cli/terminal.h"
#include "gateway/one_server.h"
#include "net/address.h"

namespace tidemark::cli {

std::optional<gateway::Config> read_config(const std::string& path) {
  const Terminal terminal(2);
  gateway::ConfigReport report = gateway::load_config(path);
  for (const std::string& warning : report.warnings) {
    fmt::print(stderr, "{} {}\n", terminal.yellow("warning:"), warning);
  }
  for (const std::string& error : report.errors) {
    fmt::print(stderr, "{} {}\n", terminal.red("error:"), error);
  }
  if (!report.ok()) return std::nullopt;
  return std::move(report.config);
}

namespace {

// No name server is asked: the machine that checks may know nothing of where it is to run.
void warn_of_nodes_named_twice(const gateway::Config& config) {
  std::vector<net::Address> nodes;
  for (const std::string& text : config.origin.nodes) {
    const auto address = net::Address::parse(text);
    if (!address.has_value()) continue;
    const auto resolved = address->is_loopback() ? address->resolve() : address;
    nodes.push_back(resolved.has_value() ? *resolved : *address);
  }
  for (const std::string& pair : gateway::nodes_of_one_server(nodes)) {
    fmt::print(stderr, "{} origins.{}.nodes: {}\n", Terminal(2).yellow("warning:"),
               config.origin.name, pair);
  }
}

}  // namespace

int check(const std::string& config_path) {
  const auto config = read_config(config_path);
  if (!config) return k_failed;
  warn_of_nodes_named_twice(*config);
  fmt::print("{}", gateway::to_toml(*config));
  return k_ok;
}

}  // namespace tidemark::cli
