#include "audit/report/numbers.h"

#include <gtest/gtest.h>

namespace tidemark::audit {
namespace {

TEST(Numbers, AreGroupedByThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
}

TEST(Numbers, MillisecondsKeepThreeFigures) {
  using std::chrono::microseconds;
  EXPECT_EQ(in_milliseconds(microseconds(0)), "0");
  EXPECT_EQ(in_milliseconds(microseconds(42)), "0.042");
  EXPECT_EQ(in_milliseconds(std::chrono::nanoseconds(999'600)), "1.00");
  EXPECT_EQ(in_milliseconds(microseconds(1234)), "1.23");
  EXPECT_EQ(in_milliseconds(microseconds(9996)), "10.0");
  EXPECT_EQ(in_milliseconds(microseconds(99'960)), "100");
  EXPECT_EQ(in_milliseconds(microseconds(999'600)), "1,000");
  EXPECT_EQ(in_milliseconds(std::chrono::seconds(99)), "99,000");
}

TEST(Numbers, APercentageThatIsNotAllIsNeverShownAsAll) {
  EXPECT_EQ(percent(0, 0), "-");
  EXPECT_EQ(percent(0, 10), "0.0 %");
  EXPECT_EQ(percent(1, 100'000), "< 0.1 %");
  EXPECT_EQ(percent(1, 3), "33.3 %");
  EXPECT_EQ(percent(99'999, 100'000), "> 99.9 %");
  EXPECT_EQ(percent(7, 7), "100.0 %");
}

TEST(Numbers, RatesAreOfAMillion) {
  EXPECT_EQ(per_million(0, 0), 0);
  EXPECT_EQ(per_million(1, 4), 250'000);
  EXPECT_EQ(rate(1, 4), "250,000");
  EXPECT_EQ(rate(0, 4), "0");
  EXPECT_EQ(rate(3, 2'000'000), "1.5");
  EXPECT_EQ(rate(1, 1'000'000'000), "< 0.1");
}

TEST(Numbers, NounsAgreeWithThem) {
  EXPECT_EQ(counted(1, "read"), "1 read");
  EXPECT_EQ(counted(1000, "message between sessions"), "1,000 messages between sessions");
  EXPECT_EQ(times(1), "once");
  EXPECT_EQ(times(0), "0 times");
}

}  // namespace
}  // namespace tidemark::audit
