#include "topology/unshown.h"

#include <gtest/gtest.h>

#include "topology/samples.h"

namespace tidemark::topology {
namespace {

using consistency::Xid;
using testing::at;

// At ms a standby has all transactions below that number.
Unshown::Seen seen(int ms) {
  const auto xmax = static_cast<Xid>(ms);
  return {at(ms), {xmax}, {.xmin = xmax, .xmax = xmax, .running = {}}};
}

consistency::Snapshot primary_at(Xid xmax) { return {.xmin = xmax, .xmax = xmax, .running = {}}; }

TEST(Unshown, TheNewestThatPassesTakesAllOlderOnesAlong) {
  Unshown unshown;
  for (int ms = 10; ms <= 50; ms += 10) unshown.add(seen(ms));
  EXPECT_EQ(unshown.take_shown(primary_at(35))->sent_at, at(30));
  EXPECT_FALSE(unshown.take_shown(primary_at(35)));
  EXPECT_EQ(unshown.take_shown(primary_at(99))->sent_at, at(50));
  EXPECT_FALSE(unshown.take_shown(primary_at(99)));
}

TEST(Unshown, SnapshotsInQuickSuccessionDoNotDriveOutOlderOnes) {
  Unshown unshown;
  unshown.add(seen(10));
  for (int ms = 20; ms < 2000; ++ms) unshown.add(seen(ms));
  EXPECT_EQ(unshown.take_shown(primary_at(15))->sent_at, at(10));
  EXPECT_EQ(unshown.take_shown(primary_at(9999))->sent_at, at(1999));
}

}  // namespace
}  // namespace tidemark::topology
