// A child process that cannot outlive this one: the kernel signals it when the thread that started
// it ends, so start children from the main thread.
// Thread rule: confined to one thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace tidemark::cli {

struct SystemUser {
  uid_t uid = 0;
  gid_t gid = 0;
};

struct Launch {
  std::vector<std::string> command;  // the program's path first
  std::string log_path;              // takes its output; empty: ours does. stdin is empty
  std::string folder = "/";          // where it runs
  std::optional<SystemUser> user;    // whom to become; only root can
  int death_signal = 0;              // sent when this process dies
};

class ChildProcess {
 public:
  ChildProcess() = default;
  ~ChildProcess() { stop(k_kill, Duration::zero()); }
  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
  ChildProcess& operator=(ChildProcess&& other) noexcept;

  static Result<ChildProcess> start(const Launch& launch);

  // Whether it has not ended yet.
  bool running();

  // Its exit code (128 and the signal, if one ended it) once it has ended; nothing before.
  std::optional<int> exit_code();

  // Signals it and waits; kills it when it has not ended by then.
  void stop(int signal, Duration patience);

 private:
  static constexpr int k_kill = 9;

  pid_t pid_ = 0;  // 0: none, or waited for
  std::optional<int> exit_code_;
};

// Runs a command to its end. An error carries the end of its output.
Result<void> run(const Launch& launch, Duration patience);

// The last lines of a file, indented; for messages.
std::string tail_of(const std::string& path, int lines);

}  // namespace tidemark::cli
