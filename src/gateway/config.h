// The configuration: what one TOML file says, checked, with the defaults filled in. Its keys are a
// promise to users (docs/configuration.md); a key that is not known here is an error, never
// ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "consistency/level.h"
#include "consistency/rule.h"
#include "gateway/log.h"
#include "net/backend_choice.h"
#include "routing/request.h"

namespace tidemark::gateway {

enum class AuthMethod { k_trust, k_scram_sha_256 };

// What happens to a session whose writes a failover lost.
enum class LostWrites { k_error, k_warn };

struct ListenConfig {
  std::vector<std::string> addresses = {"127.0.0.1:6432"};  // as net::Address::parse takes them
  std::optional<std::string> http;                          // metrics, health, web page
  int backlog = 1024;                                       // connections the kernel may queue
};

struct AuthConfig {
  AuthMethod method = AuthMethod::k_trust;
  std::string file;  // gateway/users.h; empty: none
};

// A name for some of the nodes, for the `from` of rules.
struct NodeTag {
  std::string name;
  std::vector<std::string> nodes;
};

struct OriginConfig {
  std::string name;
  std::vector<std::string> nodes;  // their places here are the node numbers of ClusterView
  std::string user = "postgres";   // the monitor's login
  std::string password;            // from password or password_file; empty: none
  std::string database = "postgres";
  std::vector<NodeTag> tags;
};

struct MonitorConfig {
  Duration interval = std::chrono::milliseconds(10);  // between two samples of a node
  Duration timeout = std::chrono::seconds(1);         // a sample that takes longer has failed
};

struct PoolConfig {
  int size = 20;  // server connections per node, database and user
  Duration wait_timeout = std::chrono::seconds(30);  // for a free server connection, then 53300
  Duration idle_timeout = std::chrono::minutes(10);  // an unused server connection is closed
  Duration connect_timeout = std::chrono::seconds(5);
};

struct NetConfig {
  int workers = 1;  // event loops, a thread each
  net::BackendWish backend = net::BackendWish::k_auto;
};

struct ConsistencyConfig {
  consistency::Level level;                                      // the key `default`
  Duration wait = std::chrono::milliseconds(50);                 // the longest wait for a standby
  routing::Otherwise otherwise = routing::Otherwise::k_primary;  // when none covers in time
  LostWrites lost_writes = LostWrites::k_error;
  Duration wait_for_primary = Duration::zero();  // how long a statement that needs it waits for one
  // … and for the primary to show what the session has read on a standby
  Duration wait_for_barrier = std::chrono::seconds(1);
  // What tokens are sealed with, from token_key or token_key_file; empty: with a key of this run's
  // own, so that they are good here and until the gateway stops.
  std::string token_key;
  int max_sessions = 1'000'000;          // sessions that are remembered by key
  bool all_writes_here = false;          // no one writes to the origin but through this gateway
  std::vector<consistency::Rule> rules;  // at most consistency::k_max_rules
};

struct ShutdownConfig {
  Duration drain = std::chrono::seconds(30);  // for open transactions at SIGTERM
};

struct Config {
  ListenConfig listen;
  AuthConfig auth;
  OriginConfig origin;
  MonitorConfig monitor;
  PoolConfig pool;
  NetConfig net;
  ConsistencyConfig consistency;
  LogLevel log_level = LogLevel::k_info;
  ShutdownConfig shutdown;
};

// A configuration file after reading: usable when there are no errors. Each message is one line
// that starts with "file:line: ".
struct ConfigReport {
  Config config;
  std::vector<std::string> errors;
  std::vector<std::string> warnings;

  bool ok() const { return errors.empty(); }
};

// Reads the file and those it names (password_file; relative paths start at the file's folder).
ConfigReport load_config(const std::string& path);

// The same for a text; `name` stands for the file in messages.
ConfigReport parse_config(std::string_view text, const std::string& name);

// The effective configuration, every default written out; secrets are "***".
std::string to_toml(const Config& config);

}  // namespace tidemark::gateway
