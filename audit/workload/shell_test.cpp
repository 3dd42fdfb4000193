#include "audit/workload/shell.h"

#include <gtest/gtest.h>

namespace tidemark::audit {
namespace {

TEST(Shell, SaysHowACommandEnded) {
  const auto never = [] { return false; };
  EXPECT_EQ(run_in_shell("true", never), "done");
  EXPECT_EQ(run_in_shell("exit 3", never), "failed with 3");
  EXPECT_EQ(run_in_shell("kill -9 $$", never), "killed by 9");
}

}  // namespace
}  // namespace tidemark::audit
