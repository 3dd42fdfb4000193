#include "cli/demo_gateway.h"

#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <string_view>
#include <vector>

#include "cli/demo_client.h"
#include "net/clock.h"

extern char** environ;

namespace tidemark::cli {

using namespace std::chrono_literals;

namespace {

constexpr Duration k_patience = 10s;  // to let clients in, and to stop

}  // namespace

DemoGateway::~DemoGateway() { process_.stop(SIGTERM, k_patience); }

Result<void> DemoGateway::start(const std::string& folder, const std::string& config,
                                const Address& address, Interrupt& interrupt) {
  address_ = address;
  config_path_ = folder + "/tidemark.toml";
  log_path_ = folder + "/tidemark.log";
  std::ofstream(config_path_) << config;
  Launch serve;
  serve.command = {"/proc/self/exe", "serve", "--config", config_path_};
  serve.log_path = log_path_;
  serve.folder = folder;
  serve.death_signal = SIGKILL;
  auto process = ChildProcess::start(serve);
  if (!process) return std::unexpected(process.error());
  process_ = std::move(*process);
  return wait_until_open(interrupt);
}

Result<void> DemoGateway::wait_until_open(Interrupt& interrupt) {
  const Instant deadline = net::now() + k_patience;
  while (true) {
    DemoClient client;
    auto connected = client.connect(address_.port, address_.database);
    if (connected) return {};
    if (!process_.running()) return fail("the gateway does not start");
    if (net::now() > deadline) return connected;
    if (interrupt.sleep(20ms)) return fail("interrupted");
  }
}

void forget_libpq_settings() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.starts_with("PG")) names.emplace_back(text.substr(0, text.find('=')));
  }
  for (const std::string& name : names) unsetenv(name.c_str());
}

}  // namespace tidemark::cli
