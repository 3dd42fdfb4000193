#include "routing/balance.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace tidemark::routing {
namespace {

using consistency::k_no_node;

TEST(Balance, OfNoneThereIsNone) { EXPECT_EQ(least_loaded(0, {}, {}), k_no_node); }

TEST(Balance, TheLeastLoadedWins) {
  const std::vector<NodeLoad> loads{{0}, {5}, {2}, {7}};
  EXPECT_EQ(least_loaded(0b1110, {}, loads), 2u);
  EXPECT_EQ(least_loaded(0b1010, {}, loads), 1u);
}

TEST(Balance, ANodeWithoutALoadIsIdle) {
  const std::vector<NodeLoad> loads{{0}, {1}};
  EXPECT_EQ(least_loaded(0b110, {}, loads), 2u);
}

TEST(Balance, AmongEqualsTheOneLastUsedStays) {
  Request request;
  request.last_used = 3;
  EXPECT_EQ(least_loaded(0b1110, request, {}), 3u);
  const std::vector<NodeLoad> loads{{0}, {0}, {0}, {1}};
  EXPECT_NE(least_loaded(0b1110, request, loads), 3u);
}

TEST(Balance, WhoeverWasThereStaysWhileItIsBusierByAQuarterAtMost) {
  Request request;
  request.last_used = 1;
  EXPECT_EQ(least_loaded(0b110, request, std::vector<NodeLoad>{{0}, {10}, {8}}), 1u);
  EXPECT_EQ(least_loaded(0b110, request, std::vector<NodeLoad>{{0}, {11}, {8}}), 2u);
  EXPECT_EQ(least_loaded(0b110, request, std::vector<NodeLoad>{{0}, {1}, {0}}), 2u);
  EXPECT_EQ(least_loaded(0b100, request, std::vector<NodeLoad>{{0}, {8}, {8}}), 2u)
      << "it is not one of those to choose from";
}

TEST(Balance, AmongEqualsEachHasItsTurn) {
  std::set<consistency::NodeIndex> served;
  Request request;
  for (request.rotation = 0; request.rotation < 3; ++request.rotation) {
    served.insert(least_loaded(0b1110, request, {}));
  }
  EXPECT_EQ(served, (std::set<consistency::NodeIndex>{1, 2, 3}));
}

TEST(Balance, TheNextOneIsFoundInACircle) {
  EXPECT_EQ(next_of(0, 1), k_no_node);
  EXPECT_EQ(next_of(0b10110, 1), 2u);
  EXPECT_EQ(next_of(0b10110, 2), 4u);
  EXPECT_EQ(next_of(0b10110, 4), 1u);
  EXPECT_EQ(next_of(1, 63), 0u);
}

}  // namespace
}  // namespace tidemark::routing
