#include "gateway/log.h"

#include <gtest/gtest.h>

namespace tidemark::gateway {
namespace {

using namespace std::chrono_literals;

TEST(Log, AnEventIsOneLineOfKeysAndValues) {
  EXPECT_EQ(format_event("node_admitted", {{"node", "127.0.0.1:5502"}, {"lag", Duration(3ms)}}),
            "event=node_admitted node=127.0.0.1:5502 lag=3ms");
  EXPECT_EQ(format_event("x", {{"n", 5}, {"ok", true}, {"part", 0.5}}),
            "event=x n=5 ok=true part=0.5");
}

TEST(Log, ValuesThatWouldBreakTheLineAreQuoted) {
  EXPECT_EQ(format_event("x", {{"why", "a b"}}), "event=x why=\"a b\"");
  EXPECT_EQ(format_event("x", {{"why", ""}}), "event=x why=\"\"");
  EXPECT_EQ(format_event("x", {{"why", "say \"no\"\nlevel=error"}}),
            "event=x why=\"say \\\"no\\\"\\nlevel=error\"");
  EXPECT_EQ(format_event("x", {{"why", std::string("\x01", 1)}}), "event=x why=\"\\x01\"");
}

TEST(Log, LevelsAreNamedAsTheyAreWritten) {
  for (const auto level :
       {LogLevel::k_debug, LogLevel::k_info, LogLevel::k_warning, LogLevel::k_error}) {
    EXPECT_EQ(parse_log_level(to_string(level)).value(), level);
  }
  EXPECT_FALSE(parse_log_level("loud").has_value());
}

}  // namespace
}  // namespace tidemark::gateway
