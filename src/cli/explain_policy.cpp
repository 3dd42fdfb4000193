#include "cli/explain_policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <vector>

#include "base/duration.h"

namespace tidemark::cli {
namespace {

using consistency::Level;
using consistency::NodeSet;
using consistency::Otherwise;
using consistency::Promise;
using consistency::Ruling;
using consistency::Scope;
using consistency::Sources;

constexpr NodeSet k_every_node = ~NodeSet{0};

std::vector<Scope::Name> names_of(const std::vector<sql::Touched>& relations) {
  std::vector<Scope::Name> names;
  for (const sql::Touched& relation : relations)
    names.push_back({relation.schema, relation.name, relation.spoken_for});
  return names;
}

// What a comment in the statement asks for; none: nothing that can be followed.
std::optional<Level> asked_by(const sql::Statement& statement, std::string& problem) {
  std::optional<Level> asked;
  for (const sql::Hint& hint : statement.hints) {
    if (hint.name != "tidemark.level") continue;
    const auto level = consistency::parse_level(hint.value);
    if (!level) {
      problem = level.error().message;
      continue;
    }
    asked = *level;
    problem.clear();
  }
  return asked;
}

std::vector<std::string> labels(const Ruling& ruling, const std::vector<consistency::Rule>& rules) {
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if ((ruling.rules >> i & 1) != 0) labels.push_back(rules[i].label);
  }
  return labels;
}

std::string source_of(const Ruling& ruling, const std::vector<std::string>& rules,
                      const std::optional<Level>& asked, const Level& fallback) {
  const bool has_asked = asked && asked->kind != Level::Kind::k_policy;
  const std::string own =
      has_asked ? "the comment in the statement" : "the default of the configuration";
  if (!ruling.read) return own;
  const std::string by_rules =
      fmt::format("the rule{} {}", rules.size() == 1 ? "" : "s", fmt::join(rules, ", "));
  if (!has_asked && !ruling.read_by_default) return by_rules;
  const Promise least = promise_of(has_asked ? *asked : fallback);
  if (implies(least, *ruling.read)) return own;
  return implies(*ruling.read, least) ? by_rules : own + " and " + by_rules;
}

std::string floor_of(const Promise& promise) {
  if (promise.strong) return "everything that was committed before the read began";
  std::string floor;
  if (promise.writes && promise.reads) {
    floor = "what the session has written and read";
  } else if (promise.writes) {
    floor = "what the session has written";
  } else if (promise.reads) {
    floor = "what the session has read";
  }
  if (!promise.is_bounded()) return floor;
  if (!floor.empty()) floor += " and ";
  return floor + "what was committed " + format_duration(promise.bound) + " ago";
}

}  // namespace

PolicyAnswer ask_policy(const gateway::Config& config, const consistency::Reader& reader,
                        const sql::Statement& statement) {
  const gateway::ConsistencyConfig& consistency = config.consistency;
  const Scope scope = consistency::Policy(consistency.rules).scope(reader);
  const Ruling ruling =
      scope.of(names_of(statement.touched_reads), names_of(statement.touched_writes),
               statement.reads_unknown, statement.writes_unknown);
  PolicyAnswer answer;
  const std::optional<Level> asked = asked_by(statement, answer.problem);
  answer.rules = labels(ruling, consistency.rules);
  answer.promise = effective(ruling, asked, consistency.level);
  answer.source = source_of(ruling, answer.rules, asked, consistency.level);
  answer.write = ruling.write;
  answer.write_at_least = ruling.write_by_default;
  answer.sources = effective_sources(ruling, asked, consistency.level);
  answer.otherwise = effective_otherwise(ruling, consistency.otherwise);
  answer.wait = effective_wait(ruling, consistency.wait);
  return answer;
}

std::string describe(const Sources& sources, const gateway::OriginConfig& origin) {
  if (sources == Sources{}) return "any node";
  std::vector<std::string> names;
  for (std::size_t i = 0; i < origin.nodes.size(); ++i) {
    const NodeSet bit = consistency::node_bit(static_cast<consistency::NodeIndex>(i));
    const bool as_primary = (sources.as_primary & bit) != 0 && sources.as_primary != k_every_node;
    const bool as_standby = (sources.as_standby & bit) != 0 && sources.as_standby != k_every_node;
    if (!as_primary && !as_standby) continue;
    // A role that every node may have is named once, below.
    const bool either = (as_primary || sources.as_primary == k_every_node) &&
                        (as_standby || sources.as_standby == k_every_node);
    const char* only = either ? "" : (as_primary ? " as primary" : " as standby");
    names.push_back(origin.nodes[i] + only);
  }
  if (sources.as_standby == k_every_node) names.emplace_back("standbys");
  if (sources.as_primary == k_every_node) names.emplace_back("the primary");
  return names.empty() ? "no node" : fmt::format("{}", fmt::join(names, " or "));
}

std::string describe_durability(const PolicyAnswer& answer) {
  if (answer.write == consistency::Durability::k_unset) return "as the client has set it";
  return std::string(answer.write_at_least ? "at least " : "") + to_string(answer.write);
}

std::string route_of_read(const PolicyAnswer& answer, const gateway::OriginConfig& origin) {
  const Sources& sources = answer.sources;
  if (sources.none()) return "nowhere, it is refused: its rules leave no node in common";
  if (!sources.any_standby()) return describe(sources, origin);
  const bool any = sources.as_standby == k_every_node;
  const std::string standby = any ? "a standby" : describe(Sources{0, sources.as_standby}, origin);
  const bool primary = sources.any_primary() && answer.otherwise == Otherwise::k_primary;
  const std::string floor = floor_of(answer.promise);
  if (floor.empty()) {
    return fmt::format("{}, the least busy; {} if there is none", any ? "any standby" : standby,
                       primary ? "the primary" : "it is refused");
  }
  return fmt::format("{} that has {}; if none has in time, {}", standby, floor,
                     primary ? "the primary" : "it is refused");
}

std::optional<Route> route_of_control(const sql::Statement& statement) {
  using sql::Kind;
  if (!statement.unheard_setting.empty()) {
    return Route{"nowhere, it is refused",
                 "the gateway would not hear of " + statement.unheard_setting};
  }
  if (sql::is_own_setting(statement.setting_name)) {
    return Route{"no server", "the setting is the gateway's own"};
  }
  switch (statement.kind) {
    case Kind::k_begin:
      if (statement.needs_primary) return std::nullopt;
      if (statement.read_only == true) {
        return Route{"where its first statement that touches data may be served, all of it there",
                     "begun READ ONLY"};
      }
      return Route{"the primary", "the transaction may write"};
    case Kind::k_commit:
    case Kind::k_rollback:
    case Kind::k_savepoint:
      return Route{"where its transaction runs", "transaction control"};
    default:
      return std::nullopt;
  }
}

}  // namespace tidemark::cli
