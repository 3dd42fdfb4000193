#include "consistency/sample.h"

#include <gtest/gtest.h>

namespace tidemark::consistency {
namespace {

TEST(Sample, AStandbyWithNothingToReplayHasShownNoMoreThanItReports) {
  EXPECT_EQ(reached_by({100}, Lsn{100}), Lsn{100});
}

TEST(Sample, AStandbyInRedoMayHaveShownOneRecordMore) {
  EXPECT_EQ(reached_by({100}, Lsn{200}), Lsn{101});
  EXPECT_EQ(reached_by({100}, std::nullopt), Lsn{101});
}

}  // namespace
}  // namespace tidemark::consistency
