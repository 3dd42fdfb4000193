#include "audit/workload/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "audit/workload/faults.h"
#include "audit/workload/progress.h"
#include "audit/workload/schema.h"
#include "audit/workload/session.h"
#include "audit/workload/truth.h"

namespace tidemark::audit {
namespace {

using namespace std::chrono_literals;

constexpr Duration k_schema_deadline = 30s;
constexpr Duration k_look_again = 50ms;
// An endpoint may stand for several servers: so many new connections in a row must show the schema.
constexpr int k_shown_in_a_row = 8;
constexpr Duration k_progress = 250ms;
constexpr Duration k_last_deadline = 10s;

void say(const std::string& text) { fmt::print(stderr, "tidemark audit: {}\n", text); }

const std::string& write_to(const Options& options) {
  return options.write_to.empty() ? options.endpoints.front() : options.write_to;
}

// Drops the schema, however the run ends.
class SchemaGuard {
 public:
  SchemaGuard(const Schema& schema, const std::string& dsn) : schema_(schema), dsn_(dsn) {}
  ~SchemaGuard() {
    if (const auto dropped = schema_.drop(dsn_); !dropped) say(dropped.error().message);
  }
  SchemaGuard(const SchemaGuard&) = delete;
  SchemaGuard& operator=(const SchemaGuard&) = delete;

 private:
  const Schema& schema_;
  const std::string& dsn_;
};

Result<void> wait_until_shown(const Schema& schema, const Endpoint& endpoint,
                              const Console& console) {
  const auto deadline = Clock::now() + k_schema_deadline;
  for (int in_a_row = 0; in_a_row < k_shown_in_a_row;) {
    const auto shown = schema.shown_by(endpoint.dsn);
    in_a_row = shown ? in_a_row + 1 : 0;
    if (!shown && Clock::now() > deadline) {
      return fail(fmt::format("{} does not show the tables that were made by way of --write-to: {}",
                              endpoint.shown, shown.error().message));
    }
    if (!shown && console.sleep(k_look_again)) return fail("interrupted");
  }
  return {};
}

Result<void> set_up(const Options& options, const Schema& schema, Stage& stage,
                    const Console& console) {
  stage.workload = options.workload;
  stage.choice = options.choice;
  stage.key_prefix = schema.name();
  std::vector<std::string> dsns = options.endpoints;
  const auto found = std::ranges::find(dsns, write_to(options));
  stage.readable = static_cast<EndpointId>(dsns.size());
  stage.write_to = static_cast<EndpointId>(found - dsns.begin());
  if (found == dsns.end()) dsns.push_back(write_to(options));
  for (const std::string& dsn : dsns) {
    auto endpoint = meet(dsn, options.session_sql, schema.name(), options.workload.patience);
    if (!endpoint) return std::unexpected(endpoint.error());
    stage.endpoints.push_back(std::move(*endpoint));
  }
  for (EndpointId at = 0; at < stage.readable; ++at) {
    const auto shown = wait_until_shown(schema, stage.endpoints[at], console);
    if (!shown) return shown;
  }
  for (unsigned at = 0; at < options.workload.sessions; ++at) {
    stage.mailboxes.push_back(std::make_unique<Mailbox>());
  }
  return {};
}

// Until the time is over, or somebody wants it to be. True if that was a person.
bool watch(const Options& options, Stage& stage, const Console& console) {
  Progress progress(console.progress, options.duration);
  const auto end = stage.began + options.duration;
  bool interrupted = false;
  while (!stage.stop && !interrupted && Clock::now() < end) {
    progress.show(stage);
    interrupted = console.sleep(std::min<Duration>(k_progress, end - Clock::now()));
  }
  stage.stop = true;
  return interrupted;
}

std::vector<Operation> perform(const Options& options, Stage& stage, const Console& console,
                               History& history) {
  std::vector<std::unique_ptr<Session>> sessions;
  for (unsigned at = 0; at < options.workload.sessions; ++at) {
    sessions.push_back(std::make_unique<Session>(stage, static_cast<SessionId>(at)));
  }
  std::vector<std::thread> threads;
  for (const auto& session : sessions) threads.emplace_back(&Session::run, session.get());
  const bool interrupted = watch(options, stage, console);
  const Duration ended = stage.since_began(Clock::now());
  for (std::thread& thread : threads) thread.join();
  if (interrupted) history.events.push_back({.at = ended, .what = "interrupted by the user"});
  if (stage.full) {
    const auto what = fmt::format("ended early: {} operations, as many as --max-operations allows",
                                  options.workload.most_operations);
    say(what);
    history.events.push_back({.at = ended, .what = what});
  }
  std::vector<Operation> operations;
  for (const auto& session : sessions) {
    auto own = session->take_operations();
    std::ranges::move(own, std::back_inserter(operations));
  }
  return operations;
}

// After a failover the primary may take a while to be there again.
void read_last(const Options& options, const Schema& schema, History& history) {
  const auto deadline = Clock::now() + k_last_deadline;
  while (true) {
    const auto read = schema.read_last(write_to(options), history);
    if (read) return;
    if (Clock::now() > deadline) {
      say(fmt::format("the last state of the rows could not be read: {}", read.error().message));
      return;
    }
    std::this_thread::sleep_for(k_look_again);
  }
}

std::string title_of(const Options& options, const Stage& stage) {
  std::string title;
  for (EndpointId at = 0; at < stage.readable; ++at) {
    title += (at == 0 ? "" : "; ") + stage.endpoints[at].shown;
  }
  if (stage.write_to >= stage.readable) title += "; writes to " + stage.endpoints.back().shown;
  return fmt::format("{}; {} sessions", title, options.workload.sessions);
}

bool came_of(const History& history, OperationKind kind) {
  return std::ranges::any_of(history.operations, [kind](const Operation& operation) {
    return operation.kind == kind && operation.outcome == Outcome::k_ok;
  });
}

Result<void> is_worth_checking(const History& history) {
  for (const OperationKind kind : {OperationKind::k_read, OperationKind::k_write}) {
    if (came_of(history, kind)) continue;
    const auto failed =
        std::ranges::find(history.operations, Outcome::k_failed, &Operation::outcome);
    return fail(fmt::format("no {} was answered; {}",
                            kind == OperationKind::k_read ? "read" : "write",
                            failed == history.operations.end() ? "none was sent" : failed->error));
  }
  return {};
}

}  // namespace

Result<History> run(const Options& options, const Console& console) {
  const Duration patience = options.workload.patience;
  const auto schema = Schema::create(write_to(options), options.workload.keys, patience);
  if (!schema) return std::unexpected(schema.error());
  const SchemaGuard guard(*schema, write_to(options));
  for (const std::string& other : schema->others()) {
    say(fmt::format("there is the schema of another run; if it was killed: DROP SCHEMA {} CASCADE",
                    other));
  }
  Stage stage;
  const auto ready = set_up(options, *schema, stage, console);
  if (!ready) return std::unexpected(ready.error());
  Truth truth(options.truth.empty() ? write_to(options) : options.truth, schema->name(),
              options.workload.keys, patience);
  stage.began = Clock::now();
  auto faults = RunningFaults::begin(options.faults, stage.began, patience);
  if (!faults) return std::unexpected(faults.error());

  History history;
  history.title = title_of(options, stage);
  history.rows = all_rows(options.workload.keys);
  for (const Endpoint& endpoint : stage.endpoints) history.endpoints.push_back(endpoint.shown);
  history.operations = perform(options, stage, console, history);
  history.nodes = stage.nodes.names();
  std::ranges::move((*faults)->end(), std::back_inserter(history.events));
  for (const std::string& what : (*faults)->left_behind()) say(what);
  std::ranges::stable_sort(history.events, {}, &Event::at);
  read_last(options, *schema, history);
  truth.finish(history);
  const auto worth = is_worth_checking(history);
  if (!worth) return std::unexpected(worth.error());
  return history;
}

}  // namespace tidemark::audit
