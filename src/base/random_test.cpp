#include "base/random.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

TEST(Random, ASeedRepeatsItself) {
  Random one(1234567);
  Random other(1234567);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.next(), other.next());
}

// The reference values of SplitMix64 for this seed.
TEST(Random, GivesThePublishedSequence) {
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317u);
  EXPECT_EQ(random.next(), 3203168211198807973u);
  EXPECT_EQ(random.next(), 9817491932198370423u);
}

TEST(Random, ChancesComeTrueAsOftenAsTheyShould) {
  Random random(1);
  int hits = 0;
  for (int i = 0; i < 100000; ++i) hits += random.chance(0.25) ? 1 : 0;
  EXPECT_NEAR(hits, 25000, 600);
  EXPECT_FALSE(random.chance(0));
  EXPECT_TRUE(random.chance(1));
}

TEST(Random, BelowStaysBelow) {
  Random random(1);
  int seen = 0;
  for (int i = 0; i < 200; ++i) seen |= 1 << random.below(5);
  EXPECT_EQ(seen, 31);
}

}  // namespace
}  // namespace tidemark
