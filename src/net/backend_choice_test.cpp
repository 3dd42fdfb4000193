#include "net/backend_choice.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>

namespace tidemark::net {
namespace {

// As container runtimes do it: io_uring_setup() is not permitted from now on.
bool forbid_io_uring() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = std::size(rules), .filter = rules};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// Ends the child process of a death test, and says what it got.
[[noreturn]] void finish(bool as_expected, const std::string& got) {
  std::fprintf(stderr, "%s\n", got.c_str());
  std::exit(as_expected ? 0 : 1);
}

TEST(BackendChoice, EpollIsTakenWhenItIsConfigured) {
  const auto choice = choose_backend(BackendWish::k_epoll);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->kind, BackendKind::k_epoll);
}

TEST(BackendChoice, AutoTakesIoUringExactlyWhereItWorks) {
  const auto choice = choose_backend(BackendWish::k_auto);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->kind == BackendKind::k_io_uring, try_io_uring().has_value());
}

TEST(BackendChoiceDeathTest, WhereIoUringIsForbiddenAutoTakesEpollAndSaysWhy) {
  const auto child = [] {
    const bool forbidden = forbid_io_uring();
    const auto choice = choose_backend(BackendWish::k_auto);
    finish(forbidden && choice && choice->kind == BackendKind::k_epoll,
           choice ? choice->reason : choice.error().message);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0),
              "io_uring does not work here: io_uring_setup: Operation not permitted");
}

TEST(BackendChoiceDeathTest, WhereIoUringIsForbiddenConfiguringItIsAnError) {
  const auto child = [] {
    const bool forbidden = forbid_io_uring();
    const auto choice = choose_backend(BackendWish::k_io_uring);
    finish(forbidden && !choice, choice ? choice->reason : choice.error().message);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0), "io_uring does not work here");
}

}  // namespace
}  // namespace tidemark::net
