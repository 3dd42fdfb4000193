#include "audit/report/series.h"

#include <gtest/gtest.h>

#include "audit/report/example_history.h"

namespace tidemark::audit {
namespace {

using std::chrono::seconds;

TEST(Series, BucketsAreRoundAndFew) {
  EXPECT_EQ(bucket_length(Duration{0}), milliseconds(1));
  EXPECT_EQ(bucket_length(milliseconds(240)), milliseconds(1));
  EXPECT_EQ(bucket_length(milliseconds(241)), milliseconds(2));
  EXPECT_EQ(bucket_length(milliseconds(500)), milliseconds(5));
  EXPECT_EQ(bucket_length(seconds(2)), milliseconds(10));
  EXPECT_EQ(bucket_length(seconds(30)), milliseconds(200));
  EXPECT_EQ(bucket_length(seconds(3600)), seconds(20));
}

TEST(Series, EverythingIsCountedWhereItHappened) {
  const Example made = example();
  const Series series = series_of(made.history, made.findings);
  ASSERT_EQ(series.step, milliseconds(10));
  ASSERT_EQ(series.buckets.size(), 200U);
  EXPECT_EQ(series.last_step, milliseconds(10));
  EXPECT_EQ(series.buckets[0].writes.count, 1U);
  EXPECT_EQ(series.buckets[1].reads.max, microseconds(900));
  EXPECT_EQ(series.buckets[1].served, (Share{0, 1, 0}));
  EXPECT_EQ(series.buckets[1].violations[0], 1U);
  EXPECT_EQ(series.buckets[199].reads.count, 1U);
  EXPECT_EQ(series.buckets[198].behind.max, milliseconds(90));
  EXPECT_EQ(series.buckets[199].behind.count, 0U);

  std::uint64_t reads = 0;
  std::uint64_t stale = 0;
  std::uint64_t violations = 0;
  for (const Bucket& bucket : series.buckets) {
    reads += bucket.reads.count;
    stale += bucket.behind.count;
    for (const std::uint64_t count : bucket.violations) violations += count;
  }
  EXPECT_EQ(reads, 6U);
  EXPECT_EQ(stale, 100U);
  EXPECT_EQ(violations, 3U);
}

TEST(Series, ACurveEndsWhereTooFewOperationsAreLeftToSayMore) {
  Example made;
  made.history.rows.resize(1);
  made.history.nodes = {""};
  for (int read = 1; read <= 1000; ++read) made.add_read(0, microseconds(read), 0, 1);
  const Series series = series_of(made.history, made.findings);
  ASSERT_EQ(series.curves.size(), 1U);
  EXPECT_EQ(series.curves[0].action, Action::k_read_one);
  const std::vector<Duration>& at = series.curves[0].at;
  ASSERT_EQ(at.size(), 13U);  // 99.9 %: one is left above; 99.95 %: none
  EXPECT_EQ(at[0], microseconds(1));
  EXPECT_EQ(at[3], microseconds(500));
  EXPECT_EQ(at[12], microseconds(999));
}

TEST(Series, TheLastBucketTakesWhatIsLeft) {
  Example made = example();
  made.history.operations[12].ended += milliseconds(7);
  const Series series = series_of(made.history, made.findings);
  ASSERT_EQ(series.buckets.size(), 200U);
  EXPECT_EQ(series.last_step, milliseconds(17));
  EXPECT_EQ(series.buckets[199].reads.count, 1U);
}

TEST(Series, OfNothingHasOneEmptyBucket) {
  const Series series = series_of(History{}, Findings{});
  ASSERT_EQ(series.buckets.size(), 1U);
  EXPECT_EQ(series.buckets[0].reads.count, 0U);
  EXPECT_TRUE(series.curves.empty());
}

}  // namespace
}  // namespace tidemark::audit
