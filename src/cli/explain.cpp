#include "cli/explain.h"

#include <fmt/format.h>

#include <optional>

#include "cli/check.h"
#include "cli/exit_code.h"
#include "cli/json.h"
#include "cli/live_catalogue.h"
#include "cli/terminal.h"
#include "consistency/level.h"
#include "sql/classify.h"
#include "sql/explain.h"

namespace tidemark::cli {
namespace {

using consistency::Level;

struct LevelInForce {
  Level level;
  std::string source;
  std::string problem;  // a hint that cannot be followed
};

LevelInForce level_of(const sql::Statement& statement, const gateway::Config& config) {
  LevelInForce in_force{config.consistency.level, "the default of the configuration", ""};
  for (const sql::Hint& hint : statement.hints) {
    if (hint.name != "tidemark.level") continue;
    const auto level = consistency::parse_level(hint.value);
    if (!level) {
      in_force.problem = level.error().message;
    } else if (level->kind == Level::Kind::k_policy) {
      continue;
    } else if (!is_supported(*level)) {
      in_force.problem = fmt::format("level \"{}\" is not supported yet", to_string(*level));
    } else {
      in_force = {*level, "the comment in the statement", ""};
    }
  }
  return in_force;
}

std::string floor_of(const Level& level) {
  const bool writes = minds_writes(level);
  const bool reads = minds_reads(level);
  if (writes && reads) return "what the session has written and read";
  if (writes) return "what the session has written";
  if (reads) return "what the session has read";
  return "nothing";
}

struct Route {
  std::string where;
  std::string why;
};

Route route_of(const sql::Statement& statement, const Level& level, const gateway::Config& config) {
  if (statement.needs_primary) return {"the primary", statement.why_primary};
  if (level.kind == Level::Kind::k_strong) {
    return {"the primary", "level strong: everything committed before the read began"};
  }
  const std::string floor = floor_of(level);
  if (floor == "nothing") {
    return {"any standby, the least busy; the primary if there is none", "level eventual"};
  }
  const bool primary = config.consistency.otherwise == routing::Otherwise::k_primary;
  return {fmt::format("a standby that has {}; if none has in time, {}", floor,
                      primary ? "the primary" : "it is refused"),
          fmt::format("level {}, and it changes nothing", to_string(level))};
}

std::vector<std::string> names_of(const std::vector<sql::Name>& names) {
  std::vector<std::string> texts;
  for (const sql::Name& name : names) {
    texts.push_back(name.schema.empty() ? name.name : name.schema + "." + name.name);
  }
  return texts;
}

void print_json(const sql::Statement& statement, const LevelInForce& in_force, const Route& route,
                const LiveCatalogue& live) {
  JsonObject object;
  object.add("kind", sql::to_string(statement.kind));
  object.add("reads", names_of(statement.reads));
  object.add("writes", names_of(statement.writes));
  object.add("functions", names_of(statement.functions));
  object.add("may_write", statement.may_write);
  object.add("needs_primary", statement.needs_primary);
  if (statement.needs_primary) {
    object.add("why_primary", statement.why_primary);
  } else {
    object.add_null("why_primary");
  }
  object.add("level", to_string(in_force.level));
  object.add("level_source", in_force.source);
  object.add("route", route.where);
  object.add("why", route.why);
  object.add("catalogue", live.problem.empty());
  if (!live.problem.empty()) object.add("catalogue_problem", live.problem);
  if (!in_force.problem.empty()) object.add("hint_problem", in_force.problem);
  fmt::print("{}", object.text());
}

void print_text(const sql::Statement& statement, const LevelInForce& in_force, const Route& route) {
  fmt::print("{}level: {} ({})\nroute: {}\nwhy: {}\n", sql::describe(statement),
             to_string(in_force.level), in_force.source, route.where, route.why);
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
  sql::Statement statement = *sql::classify(options.sql, *live.catalogue);
  if (live.problem.empty()) {
    qualify(*config, live.server, database, statement.reads);
    qualify(*config, live.server, database, statement.writes);
  }
  if (terminal.is_terminal()) fmt::print(stderr, "\x1b[K");

  const LevelInForce in_force = level_of(statement, *config);
  const Route route = route_of(statement, in_force.level, *config);
  if (!live.problem.empty()) {
    fmt::print(stderr,
               "{} database \"{}\": {}; without its catalogue every function and relation counts\n"
               "         as one that may do anything\n",
               terminal.yellow("warning:"), database, live.problem);
  }
  if (!in_force.problem.empty()) {
    fmt::print(stderr, "{} {}\n", terminal.yellow("warning:"), in_force.problem);
  }
  if (options.json) {
    print_json(statement, in_force, route, live);
  } else {
    print_text(statement, in_force, route);
  }
  return k_ok;
}

}  // namespace tidemark::cli
