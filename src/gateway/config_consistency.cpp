#include "gateway/config_consistency.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

namespace tidemark::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t k_least_token_key = 16;  // bytes
constexpr int k_most_sessions = 100'000'000;

void read_token_key(TomlReader& in, const std::string& file, std::string& key) {
  const bool direct = in.text("token_key", key);
  const bool from_file = read_secret_file(in, "token_key_file", file, key);
  if (direct && from_file) in.problem("token_key_file", "give either token_key or token_key_file");
  if ((direct || from_file) && key.size() < k_least_token_key) {
    in.problem(direct ? "token_key" : "token_key_file",
               fmt::format("has {} bytes; at least {} are needed, best from a random source",
                           key.size(), k_least_token_key));
  }
}

}  // namespace

bool read_secret_file(TomlReader& in, std::string_view key, const std::string& config_file,
                      std::string& into) {
  std::string path;
  if (!in.text(key, path)) return false;
  std::ifstream file(std::filesystem::path(config_file).parent_path() / path);
  if (std::getline(file, into)) return true;
  in.problem(key, fmt::format("\"{}\" cannot be read or is empty", path));
  return false;
}

bool read_level(TomlReader& in, std::string_view key, consistency::Level& level) {
  std::string written;
  if (!in.text(key, written)) return false;
  const auto parsed = consistency::parse_level(written);
  if (parsed && parsed->kind != consistency::Level::Kind::k_policy) {
    level = *parsed;
    return true;
  }
  in.problem(key, fmt::format("\"{}\" is not a level: choose \"strong\", \"bounded(2s)\", "
                              "\"causal\", \"session\", \"read_your_writes\", "
                              "\"monotonic_reads\" or \"eventual\"",
                              written));
  return false;
}

void read_consistency(TomlReader& in, const std::string& file, Problems& problems,
                      ConfigReport& report) {
  ConsistencyConfig& consistency = report.config.consistency;
  read_level(in, "default", consistency.level);
  in.duration("wait", consistency.wait, 0s, k_longest_wait);
  in.choice("otherwise", consistency.otherwise, {"primary", "wait", "refuse"});
  in.choice("lost_writes", consistency.lost_writes, {"error", "warn"});
  in.duration("wait_for_primary", consistency.wait_for_primary, 0s, k_longest_wait);
  in.duration("wait_for_barrier", consistency.wait_for_barrier, 0s, k_longest_wait);
  read_token_key(in, file, consistency.token_key);
  in.integer("max_sessions", consistency.max_sessions, 1, k_most_sessions);
  in.boolean("all_writes_here", consistency.all_writes_here);
  read_rules(in, file, problems, report);
}

}  // namespace tidemark::gateway
