#include "audit/workload/shell.h"

#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <optional>
#include <thread>

namespace tidemark::audit {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto k_look_again = 10ms;
constexpr auto k_patience_at_the_end = 10s;

// The process id, or an error number below zero.
pid_t start(const std::string& command) {
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", 0, 0);
  // Standard output is the report's.
  posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
  const char* const arguments[] = {"/bin/sh", "-c", command.c_str(), nullptr};
  pid_t pid = 0;
  const int error = posix_spawn(&pid, arguments[0], &files, &attributes,
                                const_cast<char* const*>(arguments), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  return error == 0 ? pid : -error;
}

}  // namespace

std::string run_in_shell(const std::string& command, const std::function<bool()>& over) {
  const pid_t pid = start(command);
  if (pid < 0) return fmt::format("not begun ({})", std::strerror(-pid));
  std::optional<Clock::time_point> deadline;
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (!deadline && over()) deadline = Clock::now() + k_patience_at_the_end;
    if (deadline && Clock::now() > *deadline) kill(-pid, SIGKILL);
    std::this_thread::sleep_for(k_look_again);
  }
  if (WIFSIGNALED(status)) return fmt::format("killed by {}", WTERMSIG(status));
  const int code = WEXITSTATUS(status);
  return code == 0 ? "done" : fmt::format("failed with {}", code);
}

}  // namespace tidemark::audit
