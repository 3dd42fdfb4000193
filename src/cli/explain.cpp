#include "cli/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "base/duration.h"
#include "cli/check.h"
#include "cli/exit_code.h"
#include "cli/explain_policy.h"
#include "cli/json.h"
#include "cli/live_catalogue.h"
#include "cli/terminal.h"
#include "sql/classify.h"
#include "sql/explain.h"

namespace tidemark::cli {
namespace {

Route route_of(const sql::Statement& statement, const PolicyAnswer& policy,
               const gateway::Config& config) {
  if (auto route = route_of_control(statement)) return *std::move(route);
  if (statement.needs_primary) return {"the primary", statement.why_primary};
  const std::string level = "level " + to_string(policy.promise);
  return {route_of_read(policy, config.origin),
          policy.promise.strong ? level + ": everything committed before the read began"
                                : level + ", and it changes nothing"};
}

std::vector<std::string> names_of(const std::vector<sql::Name>& names) {
  std::vector<std::string> texts;
  for (const sql::Name& name : names) {
    texts.push_back(name.schema.empty() ? name.name : name.schema + "." + name.name);
  }
  return texts;
}

std::vector<std::string> names_of(const std::vector<sql::Touched>& relations) {
  std::vector<std::string> texts;
  for (const sql::Touched& relation : relations) {
    texts.push_back(relation.schema + "." + relation.name);
  }
  return texts;
}

void print_json(const sql::Statement& statement, const PolicyAnswer& policy, const Route& route,
                const gateway::Config& config, const LiveCatalogue& live) {
  JsonObject object;
  object.add("kind", sql::to_string(statement.kind));
  object.add("reads", names_of(statement.reads));
  object.add("writes", names_of(statement.writes));
  object.add("tables_read", names_of(statement.touched_reads));
  object.add("tables_written", names_of(statement.touched_writes));
  object.add("reads_unknown", statement.reads_unknown);
  object.add("writes_unknown", statement.writes_unknown);
  object.add("functions", names_of(statement.functions));
  object.add("may_write", statement.may_write);
  object.add("needs_primary", statement.needs_primary);
  if (statement.needs_primary) {
    object.add("why_primary", statement.why_primary);
  } else {
    object.add_null("why_primary");
  }
  object.add("rules", policy.rules);
  object.add("level", to_string(policy.promise));
  object.add("level_source", policy.source);
  object.add("from", describe(policy.sources, config.origin));
  object.add("otherwise", to_string(policy.otherwise));
  object.add("wait", format_duration(policy.wait));
  object.add("durability", describe_durability(policy));
  object.add("route", route.where);
  object.add("why", route.why);
  object.add("catalogue", live.problem.empty());
  if (!live.problem.empty()) object.add("catalogue_problem", live.problem);
  if (!policy.problem.empty()) object.add("hint_problem", policy.problem);
  fmt::print("{}", object.text());
}

void print_text(const sql::Statement& statement, const PolicyAnswer& policy, const Route& route,
                const gateway::Config& config) {
  fmt::print("{}level: {} ({})\n", sql::describe(statement), to_string(policy.promise),
             policy.source);
  // Without rules these are what the configuration says of every statement.
  if (!policy.rules.empty()) {
    fmt::print("rules: {}\n", fmt::join(policy.rules, ", "));
    // What must run on the primary does, whatever its rules say of reads; where only the primary
    // is named nobody is waited for.
    if (!statement.needs_primary) {
      fmt::print("from: {}", describe(policy.sources, config.origin));
      if (policy.sources.any_standby()) {
        fmt::print("; otherwise {}, after at most {}", to_string(policy.otherwise),
                   format_duration(policy.wait));
      }
      fmt::print("\n");
    }
    if (statement.may_write) fmt::print("synchronous_commit: {}\n", describe_durability(policy));
  }
  fmt::print("route: {}\nwhy: {}\n", route.where, route.why);
}

}  // namespace

int explain(const ExplainOptions& options) {
  const auto config = read_config(options.config_path);
  if (!config) return k_failed;
  gateway::set_log_level(gateway::LogLevel::k_error);
  const std::string database =
      options.database.empty() ? config->origin.database : options.database;

  const Terminal terminal(2);
  if (terminal.is_terminal()) fmt::print(stderr, "{}\r", terminal.dim("asking the cluster ..."));
  const LiveCatalogue live = load_catalogue(*config, database);
  const std::string role = options.role.empty() ? config->origin.user : options.role;
  std::string path = options.search_path;
  if (path.empty() && live.problem.empty()) {
    path = search_path_of(*config, live.server, database, role);
  }
  const auto statement =
      sql::classify(options.sql, *live.catalogue, sql::SearchPath::parse(path, role));
  if (terminal.is_terminal()) fmt::print(stderr, "\x1b[K");

  const consistency::Reader reader{
      .role = role, .database = database, .application_name = options.application_name};
  const PolicyAnswer policy = ask_policy(*config, reader, *statement);
  const Route route = route_of(*statement, policy, *config);
  if (!live.problem.empty()) {
    fmt::print(stderr,
               "{} database \"{}\": {}; without its catalogue every function and relation counts\n"
               "         as one that may do anything\n",
               terminal.yellow("warning:"), database, live.problem);
  }
  if (!policy.problem.empty()) {
    fmt::print(stderr, "{} {}\n", terminal.yellow("warning:"), policy.problem);
  }
  if (live.problem.empty() && statement->unknown_name) {
    fmt::print(stderr, "{} database \"{}\" lacks what the statement names{}\n",
               terminal.yellow("warning:"), database,
               options.database.empty() ? "; --database says where to look" : "");
  }
  if (options.json) {
    print_json(*statement, policy, route, *config, live);
  } else {
    print_text(*statement, policy, route, *config);
  }
  return k_ok;
}

}  // namespace tidemark::cli
