#include "base/duration.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsWhatPostgresqlReads) {
  EXPECT_EQ(parse_duration("50ms").value(), 50ms);
  EXPECT_EQ(parse_duration(" 1.5 s ").value(), 1500ms);
  EXPECT_EQ(parse_duration("2min").value(), 2min);
  EXPECT_EQ(parse_duration("100us").value(), 100us);
  EXPECT_EQ(parse_duration("1d").value(), 24h);
  EXPECT_EQ(parse_duration("0").value(), 0ns);
}

TEST(Duration, RefusesWhatHasNoUnitOrNoSense) {
  for (const char* text : {"", "ms", "50", "-1s", "5 parsecs", "1e300d", "nan s", "inf s"}) {
    const auto result = parse_duration(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_NE(result.error().message.find("invalid duration \"" + std::string(text)),
              std::string::npos);
  }
}

TEST(Duration, PrintsTheShortestExactForm) {
  EXPECT_EQ(format_duration(50ms), "50ms");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(120s), "2min");
  EXPECT_EQ(format_duration(0ns), "0");
  EXPECT_EQ(format_duration(1500us), "1500us");
}

}  // namespace
}  // namespace tidemark
