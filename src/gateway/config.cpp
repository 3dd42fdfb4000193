#include "gateway/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "consistency/node.h"
#include "gateway/config_consistency.h"
#include "gateway/toml_reader.h"
#include "gateway/users.h"
#include "net/address.h"

namespace tidemark::gateway {
namespace {

using namespace std::chrono_literals;

constexpr Duration k_day = 24h;

// Reads the sections of one file into a report.
class ConfigParser {
 public:
  ConfigParser(const toml::table& root, const std::string& name)
      : name_(name), problems_(name), root_(root, "", problems_) {}

  ConfigReport run() {
    read_listen();
    read_auth();
    read_origins();
    read_monitor();
    read_pool();
    read_net();
    read_consistency();
    read_log();
    read_shutdown();
    root_.finish();
    report_.errors = problems_.list();
    return std::move(report_);
  }

 private:
  Config& config() { return report_.config; }

  // Calls read(section) if the file has this section, and reports its unknown keys.
  template <class Read>
  void section(std::string_view name, Read read) {
    const toml::table* table = root_.table(name);
    if (table == nullptr) return;
    TomlReader reader(*table, std::string(name), problems_);
    read(reader);
    reader.finish();
  }

  void read_listen() {
    ListenConfig& listen = config().listen;
    section("listen", [&](TomlReader& in) {
      if (in.texts("address", listen.addresses)) check_addresses(in, "address", listen.addresses);
      if (in.text("http", listen.http)) {
        check_addresses(in, "http", {*listen.http});
        report_.warnings.push_back(name_ + ": listen.http has no effect in this version");
      }
      in.integer("backlog", listen.backlog, 1, 65'535);
    });
  }

  void check_addresses(TomlReader& in, std::string_view key,
                       const std::vector<std::string>& addresses) {
    for (const std::string& text : addresses) {
      if (const auto parsed = net::Address::parse(text); !parsed) {
        in.problem(key, parsed.error().message);
      }
    }
  }

  void read_auth() {
    AuthConfig& auth = config().auth;
    const auto read = [&](TomlReader& in) {
      in.choice("method", auth.method, {"trust", "scram-sha-256"});
      if (in.text("auth_file", auth.file)) {
        auth.file = beside_the_file(auth.file);
        check_users(in);
      }
      if (auth.method == AuthMethod::k_scram_sha_256 && auth.file.empty()) {
        in.problem("method", "scram-sha-256 needs auth_file, the users and their secrets");
      }
      check_trust(in);
    };
    const toml::table nothing;
    if (const toml::table* table = root_.table("auth")) {
      TomlReader in(*table, "auth", problems_);
      read(in);
      in.finish();
    } else {
      TomlReader in(nothing, "auth", problems_);
      read(in);
    }
  }

  void check_users(TomlReader& in) {
    const auto users = Users::load(config().auth.file, report_.warnings);
    if (!users) in.problem("auth_file", users.error().message);
  }

  // Trust lets anyone in who reaches the port: only this machine may.
  void check_trust(TomlReader& in) {
    if (config().auth.method != AuthMethod::k_trust) return;
    for (const std::string& text : config().listen.addresses) {
      const auto address = net::Address::parse(text);
      if (!address || address->is_unix() || address->is_loopback()) continue;
      in.problem("method",
                 fmt::format("trust is for loopback addresses and unix sockets only, and "
                             "listen.address {} is neither: use method = \"scram-sha-256\"",
                             text));
    }
  }

  void read_origins() {
    const toml::table* origins = root_.table("origins");
    if (origins == nullptr || origins->empty()) {
      problems_.add(
          "no origin is configured: add [origins.main] with nodes = [\"host:port\", ...]");
      return;
    }
    if (origins->size() > 1) {
      problems_.add(origins->source(), fmt::format("[origins] names {} origins; this version "
                                                   "serves exactly one",
                                                   origins->size()));
    }
    for (const auto& [name, node] : *origins) {
      if (const toml::table* table = node.as_table()) {
        read_origin(std::string(name.str()), *table);
      } else {
        problems_.add(name.source(), fmt::format("origins.{} must be a table, [origins.{}]",
                                                 name.str(), name.str()));
      }
    }
  }

  void read_origin(const std::string& name, const toml::table& table) {
    OriginConfig origin;
    origin.name = name;
    TomlReader in(table, "origins." + name, problems_);
    if (in.texts("nodes", origin.nodes)) {
      check_nodes(in, origin.nodes);
    } else if (!table.contains("nodes")) {
      in.problem("nodes", "is missing: the addresses of the primary and its standbys");
    }
    in.text("user", origin.user);
    in.text("database", origin.database);
    read_password(in, origin);
    read_tags(in, origin);
    in.finish();
    config().origin = std::move(origin);
  }

  void check_nodes(TomlReader& in, const std::vector<std::string>& nodes) {
    check_addresses(in, "nodes", nodes);
    if (nodes.size() > consistency::k_max_nodes) {
      in.problem("nodes", fmt::format("has {} nodes; at most {} are allowed", nodes.size(),
                                      consistency::k_max_nodes));
    }
    for (auto node = nodes.begin(); node != nodes.end(); ++node) {
      if (std::find(nodes.begin(), node, *node) != node) {
        in.problem("nodes", fmt::format("\"{}\" is there twice", *node));
      }
    }
  }

  void read_password(TomlReader& in, OriginConfig& origin) {
    const bool direct = in.text("password", origin.password);
    const bool from_file = read_secret_file(in, "password_file", name_, origin.password);
    if (direct && from_file) in.problem("password_file", "give either password or password_file");
  }

  // tags = { reporting = ["host:port", ...] }
  void read_tags(TomlReader& in, OriginConfig& origin) {
    const toml::table* tags = in.table("tags");
    if (tags == nullptr) return;
    TomlReader reader(*tags, "origins." + origin.name + ".tags", problems_);
    for (const auto& [key, value] : *tags) {
      NodeTag tag{.name = std::string(key.str()), .nodes = {}};
      if (!reader.texts(tag.name, tag.nodes)) continue;
      if (tag.name == "primary" || tag.name == "standbys") {
        reader.problem(tag.name, "is a role, and cannot be a tag");
      }
      for (const std::string& node : tag.nodes) {
        if (std::ranges::find(origin.nodes, node) != origin.nodes.end()) continue;
        reader.problem(tag.name, fmt::format("\"{}\" is not one of nodes", node));
      }
      origin.tags.push_back(std::move(tag));
    }
  }

  void read_monitor() {
    MonitorConfig& monitor = config().monitor;
    section("monitor", [&](TomlReader& in) {
      in.duration("interval", monitor.interval, 1ms, 1min);
      in.duration("timeout", monitor.timeout, 10ms, 5min);
    });
  }

  void read_pool() {
    PoolConfig& pool = config().pool;
    section("pool", [&](TomlReader& in) {
      in.integer("size", pool.size, 1, 10'000);
      in.duration("wait_timeout", pool.wait_timeout, 1ms, k_day);
      in.duration("idle_timeout", pool.idle_timeout, 1s, k_day);
      in.duration("connect_timeout", pool.connect_timeout, 10ms, 10min);
    });
  }

  void read_net() {
    section("net", [&](TomlReader& in) {
      in.integer("workers", config().net.workers, 1, 256);
      in.choice("backend", config().net.backend, {"auto", "epoll", "io_uring"});
    });
  }

  void read_consistency() {
    section("consistency",
            [&](TomlReader& in) { gateway::read_consistency(in, name_, problems_, report_); });
  }

  void read_log() {
    section("log", [&](TomlReader& in) {
      in.choice("level", config().log_level, {"debug", "info", "warning", "error"});
    });
  }

  void read_shutdown() {
    section("shutdown",
            [&](TomlReader& in) { in.duration("drain", config().shutdown.drain, 0s, k_day); });
  }

  std::string beside_the_file(const std::string& path) const {
    return (std::filesystem::path(name_).parent_path() / path).string();
  }

  std::string name_;
  ConfigReport report_;
  Problems problems_;
  TomlReader root_;
};

}  // namespace

ConfigReport parse_config(std::string_view text, const std::string& name) {
  try {
    const toml::table root = toml::parse(text, name);
    return ConfigParser(root, name).run();
  } catch (const toml::parse_error& error) {
    Problems problems(name);
    problems.add(error.source(), error.description());
    ConfigReport report;
    report.errors = problems.list();
    return report;
  }
}

ConfigReport load_config(const std::string& path) {
  std::error_code none;
  if (std::filesystem::is_directory(path, none)) {
    ConfigReport report;
    report.errors.push_back(fmt::format("{}: is a folder, and not a file", path));
    return report;
  }
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(file.peek() == std::ifstream::traits_type::eof() || text << file.rdbuf())) {
    ConfigReport report;
    const char* why = file ? "" : std::strerror(errno);
    report.errors.push_back(fmt::format("{}: cannot be read{}{}", path, file ? "" : ": ", why));
    return report;
  }
  return parse_config(text.str(), path);
}

}  // namespace tidemark::gateway
