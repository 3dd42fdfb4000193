#include "topology/rings.h"

#include <gtest/gtest.h>

#include <vector>

namespace tidemark::topology {
namespace {

using consistency::NodeSet;
using std::chrono::microseconds;
using std::chrono::milliseconds;

std::vector<NodeSet> rings_of(NodeSet nodes, const std::vector<Duration>& distances) {
  const Rings rings(nodes, distances);
  return {rings.sets().begin(), rings.sets().end()};
}

TEST(Rings, OfNoNodesThereAreNone) { EXPECT_TRUE(rings_of(0, {}).empty()); }

TEST(Rings, NodesOfOnePlaceAreAsNearWhateverTheNoise) {
  const std::vector<Duration> distances{microseconds(100), microseconds(150), milliseconds(5)};
  EXPECT_EQ(rings_of(0b111, distances), (std::vector<NodeSet>{0b111}));
}

TEST(Rings, NodesOfAnotherRegionComeAfterThose) {
  const std::vector<Duration> distances{milliseconds(30), microseconds(200), milliseconds(33),
                                        milliseconds(90), milliseconds(1)};
  EXPECT_EQ(rings_of(0b11111, distances), (std::vector<NodeSet>{0b10010, 0b00101, 0b01000}));
  EXPECT_EQ(rings_of(0b01101, distances), (std::vector<NodeSet>{0b00101, 0b01000}));
}

TEST(Rings, TheLastTakesWhateverIsLeft) {
  std::vector<Duration> distances;
  for (int node = 0; node < 20; ++node) distances.push_back(milliseconds(1 << node));
  const auto rings = rings_of(0xFFFFF, distances);
  ASSERT_EQ(rings.size(), Rings::k_max);
  NodeSet all = 0;
  for (const NodeSet ring : rings) {
    EXPECT_EQ(all & ring, 0u);
    all |= ring;
  }
  EXPECT_EQ(all, 0xFFFFFu);
}

TEST(Rings, AStandbyServesBeforeAPrimaryThatIsLittleNearer) {
  EXPECT_FALSE(is_beyond_primary(milliseconds(15), microseconds(200)));
  EXPECT_TRUE(is_beyond_primary(milliseconds(30), microseconds(200)));
  EXPECT_FALSE(is_beyond_primary(milliseconds(80), milliseconds(30)));
}

}  // namespace
}  // namespace tidemark::topology
