// The rules of a configuration.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "consistency/policy.h"
#include "consistency/policy_lint.h"
#include "gateway/config_consistency.h"

namespace tidemark::gateway {
namespace {

using consistency::Rule;
using consistency::Sources;

// The nodes and roles that `from` names.
std::optional<Sources> sources_of(const std::string& name, const OriginConfig& origin) {
  if (name == "primary") return consistency::k_primary_only;
  if (name == "standbys") return consistency::k_standbys_only;
  const auto tag = std::ranges::find(origin.tags, name, &NodeTag::name);
  consistency::NodeSet nodes = 0;
  for (std::size_t i = 0; i < origin.nodes.size() && i < consistency::k_max_nodes; ++i) {
    const std::string& node = origin.nodes[i];
    const bool tagged =
        tag != origin.tags.end() && std::ranges::find(tag->nodes, node) != tag->nodes.end();
    if (tagged || node == name) nodes |= consistency::node_bit(static_cast<unsigned>(i));
  }
  if (nodes == 0) return std::nullopt;
  return Sources{nodes, nodes};
}

void read_from(TomlReader& in, const OriginConfig& origin, Rule& rule) {
  if (!in.texts("from", rule.from_names)) return;
  Sources sources = consistency::k_no_source;
  for (const std::string& name : rule.from_names) {
    const auto named = sources_of(name, origin);
    if (!named) {
      std::string known = "\"primary\", \"standbys\"";
      for (const NodeTag& tag : origin.tags) known += fmt::format(", \"{}\"", tag.name);
      in.problem("from", fmt::format("\"{}\" is neither a tag of [origins.{}] nor one of its "
                                     "nodes: choose {} or an address of nodes",
                                     name, origin.name, known));
    }
    sources = unite(sources, named.value_or(Sources{}));
  }
  rule.from = sources;
}

void read_tables(TomlReader& in, Rule& rule) {
  std::vector<std::string> texts;
  in.texts("tables", texts);
  for (std::string& text : texts) {
    if (const auto pattern = consistency::TablePattern::parse(text); !pattern) {
      in.problem("tables", pattern.error().message);
    } else {
      rule.tables.push_back(std::move(text));
    }
  }
}

// A label stands for its rule in messages of one line.
void check_label(TomlReader& in, const std::string& label, std::span<const Rule> earlier) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (label.empty() || std::ranges::any_of(label, is_control)) {
    in.problem("name", "must be a text of one line, and not empty");
  }
  if (std::ranges::find(earlier, label, &Rule::label) != earlier.end()) {
    in.problem("name", fmt::format("\"{}\" is the name of an earlier rule", label));
  }
}

Rule read_rule(TomlReader& in, const OriginConfig& origin, std::span<const Rule> earlier) {
  Rule rule{.label = fmt::format("rule {}", earlier.size() + 1)};
  if (in.text("name", rule.label)) check_label(in, rule.label, earlier);
  read_tables(in, rule);
  in.texts("role", rule.roles);
  in.texts("database", rule.databases);
  in.texts("application_name", rule.application_names);
  if (consistency::Level level; read_level(in, "read", level)) rule.read = level;
  int durability = 0;
  if (in.choice("write", durability, {"off", "local", "remote_write", "on", "remote_apply"})) {
    rule.write = static_cast<consistency::Durability>(durability + 1);
  }
  read_from(in, origin, rule);
  consistency::Otherwise otherwise{};
  if (in.choice("otherwise", otherwise, {"primary", "wait", "refuse"})) rule.otherwise = otherwise;
  Duration wait{};
  if (in.duration("wait", wait, Duration::zero(), k_longest_wait)) rule.wait = wait;
  return rule;
}

}  // namespace

void read_rules(TomlReader& in, const std::string& file, Problems& problems, ConfigReport& report) {
  const std::vector<const toml::table*> tables = in.tables("rules");
  if (tables.size() > consistency::k_max_rules) {
    return in.problem("rules", fmt::format("has {} rules; at most {} are allowed", tables.size(),
                                           consistency::k_max_rules));
  }
  const std::size_t problems_before = problems.list().size();
  std::vector<Rule>& rules = report.config.consistency.rules;
  for (const toml::table* table : tables) {
    TomlReader reader(*table, "consistency.rules", problems);
    rules.push_back(read_rule(reader, report.config.origin, rules));
    reader.finish();
  }
  // What is read wrong would be found to contradict, too.
  if (problems.list().size() != problems_before) return;
  for (const consistency::Finding& finding : consistency::lint(rules)) {
    const toml::table& table = *tables[finding.rule];
    const toml::node* key = finding.key.empty() ? nullptr : table.get(finding.key);
    const toml::source_region& where = key != nullptr ? key->source() : table.source();
    const std::string message =
        fmt::format("consistency.rules \"{}\"{}: {}", rules[finding.rule].label,
                    key != nullptr ? ", " + finding.key : "", finding.message);
    if (finding.kind == consistency::Finding::Kind::k_error) {
      problems.add(where, message);
    } else {
      report.warnings.push_back(fmt::format("{}:{}: {}", file, where.begin.line, message));
    }
  }
}

}  // namespace tidemark::gateway
