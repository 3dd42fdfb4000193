#include "gateway/server.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "gateway/hub.h"
#include "gateway/log.h"
#include "gateway/one_server.h"
#include "gateway/random_bytes.h"
#include "gateway/worker.h"
#include "net/backend_choice.h"
#include "net/signals.h"

namespace tidemark::gateway {
namespace {

constexpr std::size_t k_scram_seed_bytes = 32;
constexpr std::size_t k_token_key_bytes = 32;
// How many shared sessions are looked at with each view.
constexpr std::size_t k_sweep = 256;

void tell(const char* severity, const std::string& text) {
  std::fprintf(stderr, "%s: %s\n", severity, text.c_str());
}

// Reads what the configuration names; errors go to stderr.
std::optional<Live> complete(Config config) {
  Live live;
  if (!config.auth.file.empty()) {
    std::vector<std::string> warnings;  // told when the configuration was read
    auto users = Users::load(config.auth.file, warnings);
    if (!users.has_value()) {
      tell("error", users.error().message);
      return std::nullopt;
    }
    live.users = std::move(*users);
  }
  live.config = std::move(config);
  live.policy = consistency::Policy(live.config.consistency.rules);
  return live;
}

std::optional<Live> load(const std::string& path) {
  ConfigReport report = load_config(path);
  for (const std::string& warning : report.warnings) tell("warning", warning);
  for (const std::string& error : report.errors) tell("error", error);
  if (!report.ok()) return std::nullopt;
  return complete(std::move(report.config));
}

// What a reload cannot change while running.
std::vector<const char*> needs_restart(const Config& now, const Config& wanted) {
  std::vector<const char*> keys;
  if (now.listen.addresses != wanted.listen.addresses) keys.push_back("listen.address");
  if (now.listen.http != wanted.listen.http) keys.push_back("listen.http");
  if (now.origin.nodes != wanted.origin.nodes) keys.push_back("origins.nodes");
  if (now.origin.user != wanted.origin.user || now.origin.password != wanted.origin.password ||
      now.origin.database != wanted.origin.database) {
    keys.push_back("origins.user, password, database");
  }
  if (now.listen.backlog != wanted.listen.backlog) keys.push_back("listen.backlog");
  if (now.net.workers != wanted.net.workers) keys.push_back("net.workers");
  if (now.net.backend != wanted.net.backend) keys.push_back("net.backend");
  if (now.consistency.max_sessions != wanted.consistency.max_sessions) {
    keys.push_back("consistency.max_sessions");
  }
  // What was under way before would not have been counted.
  if (!now.consistency.all_writes_here && wanted.consistency.all_writes_here) {
    keys.push_back("consistency.all_writes_here");
  }
  if (now.monitor.interval != wanted.monitor.interval) keys.push_back("monitor.interval");
  if (now.monitor.timeout != wanted.monitor.timeout) keys.push_back("monitor.timeout");
  return keys;
}

class Gateway {
 public:
  Gateway(std::string path, Live live) : path_(std::move(path)) {
    set_log_level(live.config.log_level);
    hub_.scram_seed = random_bytes(k_scram_seed_bytes);
    hub_.token_key = random_bytes(k_token_key_bytes);
    hub_.sessions = std::make_unique<SessionRegistry>(
        static_cast<std::size_t>(live.config.consistency.max_sessions));
    if (live.config.consistency.all_writes_here) {
      hub_.table_writes = std::make_unique<SharedWrites>();
    }
    hub_.set_live(std::make_shared<const Live>(std::move(live)));
  }

  int run();

 private:
  const Config& config() const { return hub_live_->config; }
  bool resolve_nodes();
  bool choose_backend();
  bool listen();
  void start_workers();
  void reload();
  void stop();
  void finish();

  const std::string path_;
  Hub hub_;
  std::shared_ptr<const Live> hub_live_;
  std::unique_ptr<Monitor> monitor_;
  std::unique_ptr<CatalogueLoader> catalogues_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::vector<net::Listener*> listeners_;
  std::size_t next_worker_ = 0;
  std::uint64_t admitted_ = 0;  // the monitor's thread alone
  bool stopping_ = false;
  std::size_t draining_ = 0;
};

bool Gateway::resolve_nodes() {
  for (const std::string& text : config().origin.nodes) {
    auto address = net::Address::parse(text);
    if (address.has_value()) address = address->resolve();
    if (!address.has_value()) {
      tell("error",
           path_ + ": origins." + config().origin.name + ".nodes: " + address.error().message);
      return false;
    }
    hub_.nodes.push_back(*address);
  }
  for (const std::string& pair : nodes_of_one_server(hub_.nodes)) {
    tell("warning", path_ + ": origins." + config().origin.name + ".nodes: " + pair);
  }
  return true;
}

bool Gateway::choose_backend() {
  const auto chosen = net::choose_backend(config().net.backend);
  if (!chosen.has_value()) {
    tell("error", path_ + ": net.backend: " + chosen.error().message);
    return false;
  }
  hub_.backend = chosen->kind;
  log_info("backend", {{"name", to_string(chosen->kind)}, {"reason", chosen->reason}});
  return true;
}

// The first worker accepts for all of them, in turn.
bool Gateway::listen() {
  Worker& first = *workers_.front();
  for (const std::string& text : config().listen.addresses) {
    auto address = net::Address::parse(text);
    if (address.has_value()) address = address->resolve();
    Result<net::Listener*> listener =
        address.has_value()
            ? first.reactor().listen(
                  *address,
                  [this](int fd, const net::SocketAddress& /*peer*/) {
                    Worker& worker = *workers_[next_worker_++ % workers_.size()];
                    if (&worker == workers_.front().get()) return worker.adopt(fd);
                    worker.reactor().post([&worker, fd] { worker.adopt(fd); });
                  },
                  [](const Error& why) { log_warning("accept_paused", {{"reason", why.message}}); },
                  config().listen.backlog)
            : fail(address.error().message);
    if (!listener.has_value()) {
      tell("error", path_ + ": listen.address: " + listener.error().message);
      return false;
    }
    listeners_.push_back(*listener);
    log_info("listening", {{"address", (*listener)->bound().to_string()}});
  }
  return true;
}

void Gateway::start_workers() {
  for (int i = 0; i < config().net.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(hub_, workers_.size()));
    hub_.workers.push_back(workers_.back().get());
  }
}

int Gateway::run() {
  hub_live_ = hub_.live();
  if (!resolve_nodes() || !choose_backend()) return 1;
  // Workers exist before the threads that wake them.
  const auto wake_all = [this] {
    for (const auto& worker : workers_) worker->wake();
  };
  const auto on_view = [this, wake_all] {
    wake_all();
    if (monitor_ == nullptr) return;  // the first view comes while it is being made
    std::uint64_t admitted = 0;
    const auto view = monitor_->board().latest();
    hub_.sessions->sweep(*view, k_sweep);
    if (hub_.table_writes != nullptr) {
      hub_.table_writes->with([&](routing::TableWrites& writes) { writes.follow(*view); });
    }
    for (std::size_t i = 0; i < view->nodes().size(); ++i) {
      if (view->nodes()[i].admitted()) admitted |= std::uint64_t{1} << i;
    }
    if (admitted == admitted_) return;
    admitted_ = admitted;
    for (const auto& worker : workers_) worker->look_at_nodes();
  };
  monitor_ = std::make_unique<Monitor>(config(), on_view);
  hub_.monitor = monitor_.get();
  catalogues_ = std::make_unique<CatalogueLoader>(config(), monitor_->board(), wake_all,
                                                  hub_.table_writes.get());
  hub_.catalogues = catalogues_.get();
  start_workers();
  if (!listen()) return 1;
  net::Signals signals(workers_.front()->reactor(), {SIGTERM, SIGINT, SIGHUP}, [this](int number) {
    if (number == SIGHUP) return reload();
    stop();
  });
  monitor_->start();
  catalogues_->start();
  for (std::size_t i = 1; i < workers_.size(); ++i) {
    threads_.emplace_back([worker = workers_[i].get()] { worker->run(); });
  }
  log_info("started",
           {{"pid", getpid()}, {"nodes", hub_.nodes.size()}, {"workers", workers_.size()}});
  workers_.front()->run();
  for (std::thread& thread : threads_) thread.join();
  catalogues_->stop();
  monitor_->stop();
  log_info("stopped");
  return 0;
}

void Gateway::reload() {
  std::optional<Live> wanted = load(path_);
  if (!wanted.has_value()) {
    log_error("reload_refused", {{"file", path_}});
    return;
  }
  for (const char* key : needs_restart(config(), wanted->config)) {
    log_warning("reload_needs_restart", {{"key", key}});
  }
  set_log_level(wanted->config.log_level);
  hub_.set_live(std::make_shared<const Live>(std::move(*wanted)));
  for (const auto& worker : workers_) worker->apply_live();
  log_info("reloaded", {{"file", path_}});
}

// The first signal lets transactions finish, within the limit; the second does not.
void Gateway::stop() {
  if (stopping_) return finish();
  stopping_ = true;
  const Duration limit = hub_.live()->config.shutdown.drain;
  log_info("draining", {{"limit", limit}});
  for (net::Listener* listener : listeners_) listener->close();
  draining_ = workers_.size();
  net::Reactor& reactor = workers_.front()->reactor();
  for (const auto& worker : workers_) {
    worker->drain([this, &reactor] {
      reactor.post([this] {
        if (--draining_ == 0) finish();
      });
    });
  }
  reactor.add_timer(reactor.now() + limit, [this] {
    log_warning("drain_timed_out");
    finish();
  });
}

void Gateway::finish() {
  // Farewells that were written in this turn still leave.
  for (const auto& worker : workers_) {
    worker->close_all();
    worker->reactor().post(
        [&reactor = worker->reactor()] { reactor.post([&reactor] { reactor.stop(); }); });
  }
}

}  // namespace

int serve(const Config& config, const std::string& path) {
  std::optional<Live> live = complete(config);
  if (!live.has_value()) return 1;
  Gateway gateway(path, std::move(*live));
  return gateway.run();
}

}  // namespace tidemark::gateway
