#include "cli/check.h"

#include <fmt/format.h>

#include "cli/exit_code.h"
#include "cli/terminal.h"

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

int check(const std::string& config_path) {
  const auto config = read_config(config_path);
  if (!config) return k_failed;
  fmt::print("{}", gateway::to_toml(*config));
  return k_ok;
}

}  // namespace tidemark::cli
