// The effective configuration as text.
#include <fmt/format.h>

#include <iterator>

#include "base/duration.h"
#include "gateway/config.h"

namespace tidemark::gateway {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
      out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string quoted(Duration duration) { return quoted(format_duration(duration)); }

std::string list(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    out += out.empty() ? "[" : ", ";
    out += quoted(text);
  }
  return out + "]";
}

// A key that TOML accepts without quotes stays bare.
std::string key(const std::string& name) {
  constexpr std::string_view k_bare =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  const bool bare = !name.empty() && name.find_first_not_of(k_bare) == std::string::npos;
  return bare ? name : quoted(name);
}

std::string tags(const std::vector<NodeTag>& tags) {
  std::string out;
  for (const NodeTag& tag : tags) {
    out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", key(tag.name), list(tag.nodes));
  }
  return "{ " + out + " }";
}

class TomlWriter {
 public:
  void section(std::string_view name) {
    fmt::format_to(std::back_inserter(out_), "{}[{}]\n", out_.empty() ? "" : "\n", name);
  }
  template <class Value>
  void entry(std::string_view name, const Value& value) {
    fmt::format_to(std::back_inserter(out_), "{:<16} = {}\n", name, value);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

void write_edges(TomlWriter& out, const Config& config) {
  out.section("listen");
  out.entry("address", list(config.listen.addresses));
  if (config.listen.http) out.entry("http", quoted(*config.listen.http));
  out.entry("backlog", config.listen.backlog);

  out.section("auth");
  const bool trust = config.auth.method == AuthMethod::k_trust;
  out.entry("method", quoted(trust ? "trust" : "scram-sha-256"));
  if (!config.auth.file.empty()) out.entry("auth_file", quoted(config.auth.file));

  out.section("origins." + key(config.origin.name));
  out.entry("nodes", list(config.origin.nodes));
  out.entry("user", quoted(config.origin.user));
  if (!config.origin.password.empty()) out.entry("password", quoted("***"));
  out.entry("database", quoted(config.origin.database));
  if (!config.origin.tags.empty()) out.entry("tags", tags(config.origin.tags));
}

void write_rule(TomlWriter& out, const consistency::Rule& rule) {
  out.section("[consistency.rules]");
  out.entry("name", quoted(rule.label));
  const auto names = [&](std::string_view key, const std::vector<std::string>& texts) {
    if (!texts.empty()) out.entry(key, list(texts));
  };
  names("tables", rule.tables);
  names("role", rule.roles);
  names("database", rule.databases);
  names("application_name", rule.application_names);
  if (rule.read) out.entry("read", quoted(consistency::to_string(*rule.read)));
  if (rule.write != consistency::Durability::k_unset) {
    out.entry("write", quoted(to_string(rule.write)));
  }
  names("from", rule.from_names);
  if (rule.otherwise) out.entry("otherwise", quoted(to_string(*rule.otherwise)));
  if (rule.wait) out.entry("wait", quoted(*rule.wait));
}

void write_consistency(TomlWriter& out, const ConsistencyConfig& consistency) {
  out.section("consistency");
  out.entry("default", quoted(consistency::to_string(consistency.level)));
  out.entry("wait", quoted(consistency.wait));
  out.entry("otherwise", quoted(to_string(consistency.otherwise)));
  const bool error = consistency.lost_writes == LostWrites::k_error;
  out.entry("lost_writes", quoted(error ? "error" : "warn"));
  out.entry("wait_for_primary", quoted(consistency.wait_for_primary));
  out.entry("wait_for_barrier", quoted(consistency.wait_for_barrier));
  if (!consistency.token_key.empty()) out.entry("token_key", quoted("***"));
  out.entry("max_sessions", consistency.max_sessions);
  out.entry("all_writes_here", consistency.all_writes_here);
  for (const consistency::Rule& rule : consistency.rules) write_rule(out, rule);
}

}  // namespace

std::string to_toml(const Config& config) {
  TomlWriter out;
  write_edges(out, config);

  out.section("monitor");
  out.entry("interval", quoted(config.monitor.interval));
  out.entry("timeout", quoted(config.monitor.timeout));

  out.section("pool");
  out.entry("size", config.pool.size);
  out.entry("wait_timeout", quoted(config.pool.wait_timeout));
  out.entry("idle_timeout", quoted(config.pool.idle_timeout));
  out.entry("connect_timeout", quoted(config.pool.connect_timeout));

  out.section("net");
  out.entry("workers", config.net.workers);
  out.entry("backend", quoted(to_string(config.net.backend)));

  write_consistency(out, config.consistency);

  out.section("log");
  out.entry("level", quoted(to_string(config.log_level)));

  out.section("shutdown");
  out.entry("drain", quoted(config.shutdown.drain));
  return out.take();
}

}  // namespace tidemark::gateway
