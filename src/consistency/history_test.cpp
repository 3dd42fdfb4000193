#include "consistency/history.h"

#include <gtest/gtest.h>

namespace tidemark::consistency {
namespace {

History of(std::initializer_list<History::Switch> switches) {
  History history;
  for (const auto& change : switches) history.add(change);
  return history;
}

// 1 --100-- 2 --200-- 3, and 4 forks off 2 at 150.
const History k_tree = of({{2, 1, {100}}, {3, 2, {200}}, {4, 2, {150}}});

TEST(History, TwoThatSayDifferentThingsOfOneTimelineContradictEachOther) {
  const auto parsed = [](Timeline timeline, const char* text) {
    return *History::parse(timeline, text);
  };
  const History one = parsed(3, "1\t0/100\tx\n2\t0/200\tx\n");
  EXPECT_FALSE(one.contradicts(one));
  EXPECT_FALSE(one.contradicts(parsed(2, "1\t0/100\ty\n")));
  EXPECT_FALSE(parsed(2, "1\t0/100\ty\n").contradicts(one));
  EXPECT_TRUE(one.contradicts(parsed(2, "1\t0/101\tx\n")));
  EXPECT_TRUE(one.contradicts(parsed(3, "1\t0/200\tx\n")));
  EXPECT_FALSE(one.contradicts(History()));
}

TEST(History, ReadsPostgresOwnFile) {
  const auto history = History::parse(
      3, "1\t0/3022250\tno recovery target specified\n\n# a comment\n2\t0/4000000\tno reason\n");
  ASSERT_TRUE(history) << history.error().message;
  EXPECT_EQ(history->shared(1, 2), Lsn{0x3022250});
  EXPECT_EQ(history->shared(2, 3), Lsn{0x4000000});
  EXPECT_EQ(history->shared(1, 3), Lsn{0x3022250});
}

TEST(History, TheFirstTimelineHasNone) {
  const auto history = History::parse(1, "");
  ASSERT_TRUE(history);
  EXPECT_FALSE(history->knows(1));
}

TEST(History, RefusesAFileThatMakesNoSense) {
  for (const char* text : {"x 0/1 y", "1 zero", "1", "2 0/1\n1 0/2", "3 0/1", "1a 0/1"}) {
    const auto history = History::parse(3, text);
    ASSERT_FALSE(history) << text;
    EXPECT_NE(history.error().message.find("history of timeline 3"), std::string::npos);
  }
}

TEST(History, ATimelineSharesEverythingWithItself) {
  EXPECT_EQ(k_tree.shared(7, 7), Lsn{~std::uint64_t{0}});
  EXPECT_EQ(k_tree.covers({7, {5}}, {7, {5}}), Cover::k_covered);
}

TEST(History, SharesUpToTheEarliestSwitchInBetween) {
  EXPECT_EQ(k_tree.shared(1, 3), Lsn{100});
  EXPECT_EQ(k_tree.shared(3, 1), Lsn{100});
  EXPECT_EQ(k_tree.shared(3, 4), Lsn{150});
  EXPECT_EQ(k_tree.shared(1, 9), Lsn{});
}

TEST(History, F1APositionBehindTheSwitchPointIsNeverCoveredOnTheNewTimeline) {
  EXPECT_EQ(k_tree.covers({2, {500}}, {1, {100}}), Cover::k_covered);
  EXPECT_EQ(k_tree.covers({2, {500}}, {1, {101}}), Cover::k_never);
  EXPECT_EQ(k_tree.covers({2, {90}}, {1, {95}}), Cover::k_not_yet);
}

TEST(History, F5ANodePastTheForkNeverCoversTheNewTimeline) {
  EXPECT_EQ(k_tree.covers({1, {101}}, {2, {120}}), Cover::k_never);
  EXPECT_EQ(k_tree.covers({1, {100}}, {2, {120}}), Cover::k_not_yet);
  EXPECT_EQ(k_tree.covers({1, {90}}, {2, {80}}), Cover::k_covered);
}

TEST(History, AnUnknownBranchIsNeverCovered) {
  EXPECT_EQ(k_tree.covers({9, {500}}, {1, {1}}), Cover::k_never);
  EXPECT_EQ(k_tree.covers({1, {500}}, {9, {1}}), Cover::k_never);
}

// The twin writes out each timeline as the list of (byte, who wrote it) and compares lists.
TEST(History, CoverMeansThatTheWrittenBytesAreThere) {
  const History small = of({{2, 1, {2}}, {3, 2, {4}}, {4, 2, {3}}});
  const auto writer = [&](Timeline timeline, std::uint64_t byte) {
    for (;;) {
      const History::Switch* origin = nullptr;
      for (const auto& change : small.switches()) {
        if (change.timeline == timeline) origin = &change;
      }
      if (origin == nullptr || byte > origin->at.value) return timeline;
      timeline = origin->parent;
    }
  };
  const auto has = [&](Position have, Position need) {
    for (std::uint64_t byte = 1; byte <= need.lsn.value; ++byte) {
      if (byte > have.lsn.value) return false;
      if (writer(have.timeline, byte) != writer(need.timeline, byte)) return false;
    }
    return true;
  };
  for (Timeline t1 = 1; t1 <= 4; ++t1) {
    for (Timeline t2 = 1; t2 <= 4; ++t2) {
      for (std::uint64_t l1 = 0; l1 <= 6; ++l1) {
        for (std::uint64_t l2 = 0; l2 <= 6; ++l2) {
          const Position have{t1, {l1}};
          const Position need{t2, {l2}};
          EXPECT_EQ(small.covers(have, need) == Cover::k_covered, has(have, need))
              << t1 << "/" << l1 << " covers " << t2 << "/" << l2;
        }
      }
    }
  }
}

}  // namespace
}  // namespace tidemark::consistency
