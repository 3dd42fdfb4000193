#include "consistency/level.h"

#include <gtest/gtest.h>

namespace tidemark::consistency {
namespace {

using Kind = Level::Kind;

TEST(Level, EveryNameReadsBackAsItself) {
  for (const char* name : {"strong", "causal", "session", "read_your_writes", "monotonic_reads",
                           "eventual", "policy", "bounded(2s)", "bounded(1500us)"}) {
    const auto level = parse_level(name);
    ASSERT_TRUE(level) << name;
    EXPECT_EQ(to_string(*level), name);
  }
}

TEST(Level, LetterCaseAndSpacesDoNotMatter) {
  EXPECT_EQ(parse_level(" Strong\t")->kind, Kind::k_strong);
  EXPECT_EQ(*parse_level("BOUNDED ( 2 S )"), (Level{Kind::k_bounded, std::chrono::seconds(2)}));
}

TEST(Level, AWrongValueIsReportedInPostgresWords) {
  for (const char* text : {"", "fast", "session(1s)", "strong eventual", "sessions"}) {
    const auto level = parse_level(text);
    ASSERT_FALSE(level) << text;
    EXPECT_EQ(level.error().message,
              std::string("invalid value for parameter \"tidemark.level\": \"") + text + "\"");
    EXPECT_TRUE(level.error().hint.starts_with("Available values: strong, bounded(2s), causal"));
  }
}

TEST(Level, ABoundNeedsANumberAndAUnit) {
  EXPECT_TRUE(parse_level("bounded").error().hint.starts_with("Say how stale"));
  EXPECT_TRUE(parse_level("bounded(").error().hint.starts_with("Say how stale"));
  EXPECT_TRUE(parse_level("bounded()").error().hint.starts_with("The bound is a number"));
  EXPECT_TRUE(parse_level("bounded(2)").error().hint.starts_with("The bound is a number"));
  EXPECT_TRUE(parse_level("bounded(-1s)").error().hint.starts_with("The bound is a number"));
}

}  // namespace
}  // namespace tidemark::consistency
