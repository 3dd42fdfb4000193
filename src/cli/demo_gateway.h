// The gateway of a demo: this very program, as `tidemark serve`.
// Thread rule: confined to the main thread.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/child_process.h"
#include "cli/interrupt.h"

namespace tidemark::cli {

class DemoGateway {
 public:
  // Where its clients find it.
  struct Address {
    int port = 0;
    std::string database;
  };

  ~DemoGateway();

  // Writes the configuration into the folder, starts the gateway and waits until it lets clients
  // in.
  Result<void> start(const std::string& folder, const std::string& config, const Address& address,
                     Interrupt& interrupt);

  bool running() { return process_.running(); }
  int port() const { return address_.port; }
  const std::string& config_path() const { return config_path_; }
  const std::string& log_path() const { return log_path_; }

 private:
  Result<void> wait_until_open(Interrupt& interrupt);

  Address address_;
  std::string config_path_;
  std::string log_path_;
  ChildProcess process_;
};

// PGHOST, PGSSLMODE and their like are about other servers than a demo's.
void forget_libpq_settings();

}  // namespace tidemark::cli
