#include "consistency/promise.h"

#include <gtest/gtest.h>

#include <vector>

namespace tidemark::consistency {
namespace {

using namespace std::chrono_literals;

std::vector<Promise> every_promise() {
  std::vector<Promise> all;
  for (int bits = 0; bits < 8; ++bits) {
    for (const Duration bound : {Duration::max(), Duration(1s), Duration(5s)}) {
      Promise promise{.writes = (bits & 1) != 0,
                      .reads = (bits & 2) != 0,
                      .strong = (bits & 4) != 0,
                      .bound = bound};
      all.push_back(merge(promise, {}));
      promise.across_tables = promise.writes && promise.reads;
      all.push_back(merge(promise, {}));
    }
  }
  return all;
}

TEST(Promise, MergeIsTheLeastUpperBound) {
  const auto all = every_promise();
  for (const Promise& one : all) {
    EXPECT_EQ(merge(one, one), one);
    for (const Promise& other : all) {
      const Promise both = merge(one, other);
      EXPECT_EQ(both, merge(other, one));
      EXPECT_TRUE(implies(both, one));
      EXPECT_TRUE(implies(both, other));
      for (const Promise& third : all) {
        EXPECT_EQ(merge(both, third), merge(one, merge(other, third)));
        EXPECT_TRUE(!implies(third, one) || !implies(third, other) || implies(third, both));
      }
    }
  }
}

TEST(Promise, StrongImpliesEverything) {
  const Promise strong = promise_of({.kind = Level::Kind::k_strong, .bound = {}});
  for (const Promise& other : every_promise()) EXPECT_TRUE(implies(strong, other));
}

TEST(Promise, ShorterBoundImpliesTheLonger) {
  const Promise one{.bound = 1s};
  const Promise five{.bound = 5s};
  EXPECT_TRUE(implies(one, five));
  EXPECT_FALSE(implies(five, one));
  EXPECT_FALSE(implies(Promise{.writes = true, .reads = true}, five));
}

TEST(Promise, IsNamedAfterItsLevel) {
  for (const char* name : {"strong", "causal", "session", "read_your_writes", "monotonic_reads",
                           "eventual", "bounded(2s)"}) {
    EXPECT_EQ(to_string(promise_of(*parse_level(name))), name);
  }
  EXPECT_EQ(to_string(merge(promise_of(*parse_level("session")), {.bound = 2s})),
            "session+bounded(2s)");
}

}  // namespace
}  // namespace tidemark::consistency
