#include "cli/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <thread>

#include "net/clock.h"

namespace tidemark::cli {
namespace {

using namespace std::chrono_literals;

constexpr Duration k_look_again = 5ms;

// In the child, between fork and exec: nothing here may allocate or take a lock. The exit code says
// which step failed.
[[noreturn]] void become(const Launch& launch, char* const* arguments, pid_t parent) {
  const int input = open("/dev/null", O_RDONLY);
  if (input < 0) _exit(124);
  dup2(input, STDIN_FILENO);
  if (!launch.log_path.empty()) {
    const int output = open(launch.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (output < 0) _exit(124);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
  }
  // A group of its own: Ctrl-C is for the parent alone, which ends its children in order.
  setpgid(0, 0);
  if (launch.user) {
    const gid_t group = launch.user->gid;
    if (setgroups(1, &group) != 0 || setgid(group) != 0 || setuid(launch.user->uid) != 0) {
      _exit(125);
    }
  }
  // Behind setuid, which clears it.
  prctl(PR_SET_PDEATHSIG, launch.death_signal);
  if (getppid() != parent) _exit(126);
  if (chdir(launch.folder.c_str()) != 0) _exit(126);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  execv(arguments[0], arguments);
  _exit(127);
}

}  // namespace

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    stop(k_kill, Duration::zero());
    pid_ = std::exchange(other.pid_, 0);
    exit_code_ = other.exit_code_;
  }
  return *this;
}

Result<ChildProcess> ChildProcess::start(const Launch& launch) {
  std::vector<char*> arguments;
  for (const std::string& part : launch.command)
    arguments.push_back(const_cast<char*>(part.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return fail(fmt::format("cannot start a process: {}", std::strerror(errno)));
  if (pid == 0) become(launch, arguments.data(), parent);
  ChildProcess child;
  child.pid_ = pid;
  return child;
}

bool ChildProcess::running() { return pid_ != 0 && !exit_code(); }

std::optional<int> ChildProcess::exit_code() {
  if (pid_ == 0) return exit_code_;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = 0;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

void ChildProcess::stop(int signal, Duration patience) {
  if (!running()) return;
  kill(pid_, signal);
  const Instant deadline = net::now() + patience;
  while (running() && net::now() < deadline) std::this_thread::sleep_for(k_look_again);
  if (!running()) return;
  kill(pid_, SIGKILL);
  while (running()) std::this_thread::sleep_for(k_look_again);
}

Result<void> run(const Launch& launch, Duration patience) {
  auto child = ChildProcess::start(launch);
  if (!child) return std::unexpected(child.error());
  const Instant deadline = net::now() + patience;
  while (child->running() && net::now() < deadline) std::this_thread::sleep_for(k_look_again);
  if (child->exit_code() == 0) return {};
  return fail(fmt::format("{} {}:\n{}", launch.command.front(),
                          child->running() ? "takes too long" : "failed",
                          tail_of(launch.log_path, 15)));
}

std::string tail_of(const std::string& path, int lines) {
  std::ifstream file(path);
  std::deque<std::string> last;
  for (std::string line; std::getline(file, line);) {
    last.push_back(std::move(line));
    if (static_cast<int>(last.size()) > lines) last.pop_front();
  }
  std::string text;
  for (const std::string& line : last) text += fmt::format("  | {}\n", line);
  return text;
}

}  // namespace tidemark::cli
