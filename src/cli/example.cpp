#include "cli/example.h"

#include <fmt/format.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <regex>
#include <sstream>

#include "cli/demo_gateway.h"
#include "cli/demo_screen.h"
#include "cli/example_script.h"
#include "cli/example_table.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/postgres_binaries.h"
#include "net/clock.h"

namespace tidemark::cli {
namespace {

using namespace std::chrono_literals;

constexpr int k_seconds = 30;             // of each run
constexpr Duration k_end_patience = 60s;  // for the example to end by itself

enum class Variant { k_meant, k_strong, k_eventual, k_naive };

std::string_view title(Variant variant) {
  switch (variant) {
    case Variant::k_meant:
      return "as it is meant";
    case Variant::k_strong:
      return "everything at strong";
    case Variant::k_eventual:
      return "everything at eventual";
    case Variant::k_naive:
      return "naive routing";
  }
  return "";
}

std::string contents(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void replace_all(std::string& text, const std::string& old, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += by.size()) {
    text.replace(at, old.size(), by);
  }
}

// One example: what it needs, and its runs.
class Example {
 public:
  Example(const ExampleScript& script, std::filesystem::path folder, const ExampleOptions& options,
          std::string bindir, Interrupt& interrupt)
      : script_(script),
        folder_(std::move(folder)),
        bindir_(std::move(bindir)),
        interrupt_(interrupt),
        seconds_(options.seconds > 0 ? options.seconds
                 : options.once      ? script.seconds_once
                                     : k_seconds) {}

  // True if every promise and every invariant held.
  Result<bool> run(Variant variant) {
    screen_.title(fmt::format("\n{}: {}", script_.name, title(variant)));
    auto done = have_cluster();
    if (!done) return std::unexpected(done.error());
    LocalCluster& cluster = *cluster_;
    DemoGateway gateway;
    Launch program;
    program.command = {folder_ / script_.name};
    if (variant == Variant::k_naive) {
      add_naive_addresses(cluster, program.command);
    } else {
      const auto ports = free_ports(1);
      if (!ports) return std::unexpected(ports.error());
      screen_.begin(fmt::format("gateway on 127.0.0.1:{}", ports->front()), net::now());
      done = gateway.start(cluster.folder(), config(cluster, ports->front(), variant),
                           {ports->front(), std::string(script_.name)}, interrupt_);
      if (!done) return fail(done.error().message + "\n" + tail_of(gateway.log_path(), 15));
      program.command.push_back(dsn(ports->front()));
    }
    screen_.end(net::now());
    const std::string figures = cluster.folder() + "/figures.json";
    program.command.insert(program.command.end(),
                           {"--seconds", std::to_string(seconds_), "--users",
                            std::to_string(script_.users), "--json", figures});
    if (cluster.analytics_port() != 0) {
      program.command.insert(program.command.end(), {"--analytics", dsn(cluster.analytics_port())});
    }
    program.death_signal = SIGTERM;
    const auto code = conduct(cluster, program);
    if (!code) return std::unexpected(code.error());
    if (*code > k_failed) return fail(fmt::format("the example ended with exit code {}", *code));
    figures_.push_back({std::string(title(variant)), contents(figures)});
    return *code == k_ok;
  }

  const std::vector<ExampleFigures>& figures() const { return figures_; }
  const DemoScreen& screen() const { return screen_; }

 private:
  Result<void> have_cluster() {
    const LocalCluster::Plan plan = {script_.standbys,
                                     std::string(script_.name),
                                     contents(folder_ / "schema.sql"),
                                     std::string(script_.synchronous),
                                     script_.far_ms,
                                     contents(folder_ / "analytics.sql")};
    if (cluster_ && script_.keeps_cluster) return cluster_->renew(plan);
    const LocalCluster::Progress progress = [&](const std::string& what) {
      screen_.begin(what, net::now());
    };
    cluster_.reset();
    cluster_ = std::make_unique<LocalCluster>(bindir_, interrupt_, progress);
    return cluster_->start(plan);
  }

  std::string dsn(int port) const {
    return fmt::format("host=127.0.0.1 port={} user=postgres dbname={}", port, script_.name);
  }

  // The example's own configuration, with the real ports; or with one level for everything.
  std::string config(const LocalCluster& cluster, int port, Variant variant) const {
    std::string text = contents(folder_ / "tidemark.toml");
    replace_all(text, ":6432", fmt::format(":{}", port));
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      replace_all(text, fmt::format(":{}", 5501 + node),
                  fmt::format(":{}", cluster.port_for_clients(node)));
    }
    if (variant == Variant::k_meant) return text;
    const bool is_strong = variant == Variant::k_strong;
    text = std::regex_replace(text, std::regex("(\n(?:default|read) *= )\"[^\"]*\""),
                              is_strong ? "$1\"strong\"" : "$1\"eventual\"");
    // A level says what is read, and nothing of how durable it is.
    text = std::regex_replace(text, std::regex("\nwrite *= [^\n]*"), "");
    // Where strong reads are served is not for the rules to say.
    return is_strong ? std::regex_replace(text, std::regex("\nfrom *= [^\n]*"), "") : text;
  }

  // Writes find the primary as libpq does, with a list of hosts; reads go to the others, whoever
  // they are.
  void add_naive_addresses(const LocalCluster& cluster, std::vector<std::string>& command) const {
    std::string hosts;
    std::string ports;
    for (std::size_t node = 0; node < cluster.size(); ++node) {
      hosts += node == 0 ? "127.0.0.1" : ",127.0.0.1";
      ports += fmt::format("{}{}", node == 0 ? "" : ",", cluster.port_for_clients(node));
    }
    command.push_back(
        fmt::format("host={} port={} user=postgres dbname={} target_session_attrs=read-write",
                    hosts, ports, script_.name));
    for (std::size_t node = 1; node < cluster.size(); ++node) {
      command.insert(command.end(), {"--replica", dsn(cluster.port_for_clients(node))});
    }
  }

  // Runs the program to its end while the mishaps of the script happen. Its exit code.
  Result<int> conduct(LocalCluster& cluster, const Launch& launch) {
    auto program = ChildProcess::start(launch);
    if (!program) return std::unexpected(program.error());
    const Instant begun = net::now();
    const auto at = [&](double share) {
      return begun +
             std::chrono::duration_cast<Duration>(std::chrono::duration<double>(share * seconds_));
    };
    for (const Mishap& mishap : script_.mishaps) {
      while (program->running() && net::now() < at(mishap.at)) {
        if (interrupt_.sleep(20ms)) return fail("interrupted");
      }
      if (!program->running()) break;
      screen_.end_live();  // the program's own line of progress
      screen_.note(fmt::format("{:4.1f} s  {}", mishap.at * seconds_, mishap.what));
      if (auto done = mishap.happen(cluster); !done) return std::unexpected(done.error());
    }
    while (program->running()) {
      if (interrupt_.sleep(20ms)) return fail("interrupted");
      if (net::now() > at(1) + k_end_patience) return fail("the example does not end");
    }
    return program->exit_code().value_or(k_failed);
  }

  const ExampleScript& script_;
  const std::filesystem::path folder_;
  const std::string bindir_;
  Interrupt& interrupt_;
  const int seconds_;
  DemoScreen screen_;
  std::unique_ptr<LocalCluster> cluster_;
  std::vector<ExampleFigures> figures_;
};

int conduct(Example& example, bool naive) {
  std::vector<Variant> variants = {Variant::k_meant, Variant::k_strong, Variant::k_eventual};
  if (naive) variants = {Variant::k_naive};
  bool held = false;
  for (const Variant variant : variants) {
    const auto ran = example.run(variant);
    if (!ran) {
      fmt::print(stderr, "\n{} {}\n", Terminal(2).red("error:"), ran.error().message);
      return k_failed;
    }
    if (variant == variants.front()) held = *ran;
  }
  if (variants.size() > 1) {
    const auto table = example_table(example.figures());
    if (!table) {
      fmt::print(stderr, "{} {}\n", Terminal(2).red("error:"), table.error().message);
      return k_failed;
    }
    fmt::print("\n{}", *table);
  }
  const Terminal& terminal = example.screen().terminal();
  // The other runs are there to be compared with: what was not promised need not hold.
  const std::string run = naive ? "With naive routing" : "As it is meant";
  fmt::print("\n{}\n", held ? terminal.green(run + " every promise and every invariant held.")
                            : terminal.red(run + " not every promise and invariant held."));
  return held ? k_ok : k_failed;
}

}  // namespace

int example(const ExampleOptions& options) {
  forget_libpq_settings();
  signal(SIGPIPE, SIG_IGN);
  const auto give_up = [](const std::string& why) {
    fmt::print(stderr, "{} {}\n", Terminal(2).red("error:"), why);
    return k_failed;
  };
  const ExampleScript* script = find_example_script(options.name);
  if (script == nullptr) return give_up(fmt::format("there is no example {}", options.name));
  const auto bindir = find_postgres(options.pg_bindir);
  if (!bindir) return give_up(bindir.error().message);
  // Beside this program, where the build puts it.
  std::error_code ignored;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() /
                      "examples" / options.name;
  if (!std::filesystem::exists(folder / options.name)) {
    return give_up(fmt::format("there is no {}: `make build` makes it", folder.string()));
  }
  Interrupt interrupt;
  Example made(*script, folder, options, *bindir, interrupt);
  return conduct(made, options.naive);
}

}  // namespace tidemark::cli
