// The command line.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cli/audit_arguments.h"
#include "cli/audit_command.h"
#include "cli/check.h"
#include "cli/demo.h"
#include "cli/example.h"
#include "cli/exit_code.h"
#include "cli/explain.h"
#include "cli/version.h"
#include "gateway/server.h"

namespace {

using namespace tidemark;

// What to run once the command line has been read, and its options.
struct CommandLine {
  std::string config_path;
  cli::ExplainOptions explain;
  cli::DemoOptions demo;
  cli::ExampleOptions example;
  std::function<int()> run;
};

int serve(const std::string& config_path) {
  const auto config = cli::read_config(config_path);
  if (!config) return cli::k_failed;
  return gateway::serve(*config, config_path);
}

CLI::Option* add_config(CLI::App& command, std::string& path) {
  return command.add_option("-c,--config", path, "the configuration, a TOML file")
      ->required()
      ->type_name("FILE");
}

void add_serve(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("serve", "run the gateway");
  add_config(*command, line.config_path);
  command->footer(
      "SIGTERM and SIGINT let open transactions finish and stop; SIGHUP reads the file again.\n\n"
      "Example:\n  tidemark serve --config tidemark.toml");
  command->callback([&line] { line.run = [&line] { return serve(line.config_path); }; });
}

void add_check(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "check", "validate a configuration and print it with every default filled in");
  add_config(*command, line.config_path);
  command->footer("Example:\n  tidemark check --config tidemark.toml");
  command->callback([&line] { line.run = [&line] { return cli::check(line.config_path); }; });
}

void add_explain(CLI::App& app, CommandLine& line) {
  CLI::App* command =
      app.add_subcommand("explain", "what a statement reads and writes, and where it may run");
  add_config(*command, line.explain.config_path);
  command->add_option("SQL", line.explain.sql, "the statement; it is not run")->required();
  command->add_option("-d,--database", line.explain.database,
                      "whose tables and functions (default: the origin's database)");
  command->add_option("-U,--role", line.explain.role,
                      "who sends it, for rules (default: the origin's user)");
  command->add_option("--application-name", line.explain.application_name,
                      "what the sender calls itself, for rules");
  command->add_option("--search-path", line.explain.search_path,
                      "where its names are looked up (default: as the server has it for the role)");
  command->add_flag("--json", line.explain.json, "for programs");
  command->footer(
      "Examples:\n"
      "  tidemark explain --config tidemark.toml --database app \"SELECT * FROM stock FOR "
      "UPDATE\"\n"
      "  tidemark explain --config tidemark.toml --database app --role report --json \"SELECT 1\"");
  command->callback([&line] { line.run = [&line] { return cli::explain(line.explain); }; });
}

void add_demo(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "demo", "a throw-away primary with two standbys, a gateway in front, and a tour");
  command->add_flag("--once", line.demo.once,
                    "end after the tour; exit 0 if all went as it should");
  command->add_option("--pg-bindir", line.demo.pg_bindir, "where initdb and postgres are")
      ->type_name("DIR");
  command->footer(
      "Examples:\n  tidemark demo\n  tidemark demo --once\n  tidemark demo shop\n"
      "  tidemark demo shop --naive");
  command
      ->add_option("example", line.example.name,
                   "an application with its own rules instead, while things go wrong")
      ->check(CLI::IsMember({"shop", "social", "bank"}));
  command
      ->add_flag("--naive", line.example.naive,
                 "the example on naive routing: reads go to any standby")
      ->needs("example");
  command->add_option("--seconds", line.example.seconds, "how long each run of the example takes")
      ->check(CLI::Range(5, 3600))
      ->needs("example");
  command->callback([&line] {
    line.run = [&line] {
      if (line.example.name.empty()) return cli::demo(line.demo);
      line.example.once = line.demo.once;
      line.example.pg_bindir = line.demo.pg_bindir;
      return cli::example(line.example);
    };
  });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Tidemark: a gateway that serves each statement from a PostgreSQL node that is fresh\n"
      "enough for what the data needs.",
      "tidemark");
  CommandLine line;
  app.set_version_flag("--version", std::string("tidemark ") + cli::k_version);
  app.set_help_all_flag("--help-all", "the help of every command");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  tidemark demo                             see it work, nothing to set up\n"
      "  tidemark check --config tidemark.toml     is the configuration right?\n"
      "  tidemark serve --config tidemark.toml     run\n"
      "  tidemark audit \"host=… dbname=…\"          what does that endpoint really promise?\n");
  add_serve(app, line);
  add_check(app, line);
  add_explain(app, line);
  add_demo(app, line);
  cli::add_audit(app, line.run, cli::shown_command(argc, argv));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const std::vector<std::string> left = app.remaining();
    if (app.get_subcommands().empty() && !left.empty()) {
      fmt::print(stderr, "error: there is no command or option \"{}\"\n", left.front());
      fmt::print(stderr, "Run tidemark --help for what there is.\n");
      return cli::k_usage;
    }
    return app.exit(error) == 0 ? cli::k_ok : cli::k_usage;
  }
  try {
    return line.run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return cli::k_failed;
  }
}
