#include "examples/kit/program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <fstream>
#include <mutex>
#include <thread>

namespace kit {

using namespace std::chrono_literals;

void run_all(Run& run, const std::vector<std::function<void()>>& people,
             const std::function<std::string()>& progress) {
  std::mutex mutex;
  std::exception_ptr first_error;
  {
    std::vector<std::jthread> threads;
    for (const auto& person : people) {
      threads.emplace_back([&run, &mutex, &first_error, &person] {
        try {
          person();
        } catch (...) {
          const std::lock_guard lock(mutex);
          if (!first_error) first_error = std::current_exception();
          run.stopping = true;
        }
      });
    }
    const auto begun = Clock::now();
    while (!run.stopping && Clock::now() - begun < run.time) {
      std::this_thread::sleep_for(200ms);
      if (isatty(STDOUT_FILENO) == 0) continue;
      fmt::print("\r  {:>3.0f} s  {}, {} violations   ",
                 std::chrono::duration<double>(Clock::now() - begun).count(), progress(),
                 run.board.violations());
      std::fflush(stdout);
    }
    run.stopping = true;
  }
  if (isatty(STDOUT_FILENO) != 0) fmt::print("\r\033[K");
  if (first_error) std::rethrow_exception(first_error);
}

int program(int argc, char** argv, const std::string& about,
            const std::function<void(Run&)>& example) {
  Run run;
  CLI::App app(about);
  long seconds = run.time.count();
  app.add_option("DSN", run.addresses.database, "where the database is: the gateway")->required();
  app.add_option("--replica", run.addresses.replicas,
                 "naive routing: DSN is the primary, and reads go to any of these")
      ->type_name("DSN");
  app.add_option("--analytics", run.analytics, "a server fed by logical replication, for a bank")
      ->type_name("DSN");
  app.add_option("--seconds", seconds, "how long")->check(CLI::Range(1, 3600));
  app.add_option("--users", run.users, "how many at once")->check(CLI::Range(1, 200));
  app.add_option("--json", run.json, "write the figures there as well")->type_name("FILE");
  app.footer(
      "Example:\n  shop \"host=127.0.0.1 port=6432 user=postgres dbname=shop\" --seconds 20");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  run.time = std::chrono::seconds(seconds);
  try {
    example(run);
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 2;
  }
  fmt::print("{}", run.board.table());
  if (!run.json.empty()) std::ofstream(run.json) << run.board.json();
  return run.board.all_held() ? 0 : 1;
}

}  // namespace kit
