#include "cli/audit_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "audit/audit.h"
#include "cli/audit_arguments.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"

namespace tidemark::cli {
namespace {

constexpr const char* k_examples =
    "A DSN is what libpq reads: \"host=… port=… dbname=… user=…\" or postgresql://…. Passwords "
    "are\n"
    "better kept in ~/.pgpass; they are shown nowhere. The tables are made in a schema of their "
    "own,\n"
    "which is dropped at the end.\n\n"
    "Exit code: 0 if what --level asked for held, 1 if it was violated, 2 if that could not be\n"
    "found out.\n\n"
    "Examples:\n"
    "  tidemark audit \"host=127.0.0.1 port=6432 dbname=app user=postgres\" --level session\n"
    "  tidemark audit \"host=s1 dbname=app\" \"host=s2 dbname=app\" --write-to \"host=p "
    "dbname=app\" \\\n"
    "      --delay-replay \"host=s1 user=postgres=50ms\" --html report.html\n"
    "  tidemark audit \"host=gw dbname=app options='-c tidemark.level=causal'\" --level causal \\\n"
    "      --handoff --preset social --at 10s 'pg_ctl promote -D /srv/s1' --save run.history\n"
    "  tidemark audit --check run.history --level strong";

void add_where(CLI::App& command, AuditArguments& arguments) {
  command
      .add_option("ENDPOINT", arguments.endpoints, "where to read: DSNs; several are chosen from")
      ->type_name("DSN");
  command
      .add_option("--write-to", arguments.write_to, "where to write (default: the first endpoint)")
      ->type_name("DSN");
  command
      .add_option("--truth", arguments.truth,
                  "where a temporary logical slot tells the order of commits (default: where "
                  "writes go)")
      ->type_name("DSN");
  command
      .add_option("--choose", arguments.choose,
                  "an endpoint for each read: random, round-robin, sticky")
      ->capture_default_str();
  command
      .add_option("--level", arguments.level,
                  "the level to hold it to: strong, bounded(2s), causal, session, "
                  "read_your_writes, monotonic_reads, eventual (default: none)")
      ->type_name("LEVEL");
  command
      .add_option("--duration", arguments.duration, "how long the sessions work: 500ms, 30s, 2min")
      ->capture_default_str()
      ->type_name("TIME");
  command.add_option("--deadline", arguments.deadline, "for one statement's answer (default: 10s)")
      ->type_name("TIME");
}

void add_workload(CLI::App& command, AuditArguments& arguments) {
  command.add_option("--preset", arguments.preset, "a mix with a name: shop, social, bank");
  command.add_option("--sessions", arguments.sessions, "how many at once (default: 16)");
  command.add_option("--rate", arguments.rate,
                     "operations a second of all sessions (default: 0, all they can)");
  command.add_flag("--handoff", arguments.handoff, "sessions tell each other what they did");
  command.add_option(
      "--mix", arguments.mix,
      "shares: read=40,read_many=10,read_transaction=10,write=20,increment=10,append=10");
  command.add_option("--protocols", arguments.protocols,
                     "any of simple,extended,prepared,pipelined (default: all)");
  command.add_option("--synchronous-commit", arguments.synchronous_commit,
                     "what sessions set it to, in turn: \"local,remote_apply\" (default: nothing)");
  command.add_option("--keys", arguments.keys, "rows of each kind (default: 64)");
  command.add_option("--skew", arguments.skew, "0: rows alike; 1: Zipf (default: 0.5)");
  command.add_option("--transaction-size", arguments.transaction_size,
                     "rows in one transaction, at most (default: 3)");
  command.add_option("--own-share", arguments.own_share,
                     "how often a read asks for what its session lately used (default: 0.5)");
  command.add_option("--reconnects", arguments.reconnects,
                     "how often a session moves to new connections first (default: 0.002)");
  command.add_option("--seed", arguments.seed, "of the plan of operations (default: 1)");
  command.add_option("--max-operations", arguments.max_operations,
                     "ends the run early: bounds the memory (default: 1000000)");
  command
      .add_option("--identify", arguments.identify,
                  "SQL with %s for a session's key, run on each new connection (default: "
                  "Tidemark's, where one answers; '': none)")
      ->type_name("SQL");
  command.add_option("--token-out", arguments.token_out, "SQL that tells what a session requires")
      ->type_name("SQL");
  command.add_option("--token-in", arguments.token_in, "SQL with %s for what --token-out told")
      ->type_name("SQL");
}

void add_faults(CLI::App& command, AuditArguments& arguments) {
  command
      .add_option("--pause-replay", arguments.pause_replay,
                  "stop a standby's replay for LENGTH in every PERIOD (default: 500ms/2s)")
      ->type_name("DSN[=LENGTH/PERIOD]")
      ->allow_extra_args(false);  // what follows is an endpoint
  command
      .add_option("--delay-replay", arguments.delay_replay,
                  "set a standby's recovery_min_apply_delay for the run")
      ->type_name("DSN=DELAY")
      ->allow_extra_args(false);  // what follows is an endpoint
  command.add_option("--at", arguments.at, "run a shell command so long after the beginning")
      ->type_name("TIME COMMAND")
      ->allow_extra_args(false);  // what follows is an endpoint
}

void add_files(CLI::App& command, AuditArguments& arguments) {
  command.add_option("--json", arguments.json, "the report for programs (-: standard output)")
      ->type_name("FILE");
  command.add_option("--html", arguments.html, "the report as one page with plots")
      ->type_name("FILE");
  command.add_option("--save", arguments.save, "the history, to be checked again")
      ->type_name("FILE");
  command.add_option("--check", arguments.check, "check a saved history; nothing is run")
      ->type_name("FILE");
}

int run_audit(const AuditArguments& arguments, const std::string& command) {
  auto options = audit_options(arguments);
  if (!options) {
    fmt::print(stderr, "tidemark audit: {}\n", options.error().message);
    return static_cast<int>(audit::AuditExit::k_could_not_run);
  }
  options->command = command;
  Interrupt interrupt;
  const audit::Console console{
      .progress = Terminal(2).is_terminal(),
      .colour = Terminal(1).is_colourful(),
      .sleep = [&interrupt](Duration duration) { return interrupt.sleep(duration); }};
  return static_cast<int>(audit::audit(*options, console));
}

}  // namespace

void add_audit(CLI::App& app, std::function<int()>& run, const std::string& shown) {
  CLI::App* command = app.add_subcommand(
      "audit", "what any PostgreSQL endpoint really promises, as a client sees it");
  const auto arguments = std::make_shared<AuditArguments>();
  add_where(*command, *arguments);
  add_workload(*command, *arguments);
  add_faults(*command, *arguments);
  add_files(*command, *arguments);
  command->footer(k_examples);
  command->callback([arguments, &run, shown] {
    run = [arguments, shown] { return run_audit(*arguments, shown); };
  });
}

}  // namespace tidemark::cli
