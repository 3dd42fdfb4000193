#include "consistency/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/random.h"

namespace tidemark::consistency {
namespace {

using std::chrono::milliseconds;

Instant at(int ms) { return Instant(milliseconds(ms)); }

void resolve_all(Session& session, std::uint64_t lsn, bool shown) {
  for (auto& known : session.marks()) {
    known.resolved = known.durable = true;
    known.shown = shown;
    known.position = {1, {lsn}};
  }
}

TEST(Session, BeginsEmpty) { EXPECT_TRUE(Session().empty()); }

TEST(Session, ALaterMarkOfTheSameRunReplacesTheEarlier) {
  Session session;
  session.note_read(1, 1, at(10), false);
  resolve_all(session, 100, true);
  session.note_read(1, 1, at(20), false);
  ASSERT_EQ(session.marks().size(), 1u);
  EXPECT_EQ(session.marks()[0].mark.at, at(20));
  EXPECT_FALSE(session.marks()[0].resolved);
}

TEST(Session, AnEarlierMarkOfTheSameRunSaysNothingNew) {
  Session session;
  session.note_read(1, 1, at(20), false);
  resolve_all(session, 100, true);
  session.note_read(1, 1, at(10), false);
  EXPECT_TRUE(session.marks()[0].resolved);
}

TEST(Session, RunsOfANodeAreRememberedApart) {
  Session session;
  session.note_read(1, 1, at(10), false);
  session.note_read(1, 2, at(20), false);
  session.note_write(0, 1, at(30));
  session.note_read(0, 1, at(40), true);
  EXPECT_EQ(session.marks().size(), 4u);
}

TEST(Session, SettledMarksFoldIntoTheFloor) {
  Session session;
  for (NodeIndex node = 1; node <= Session::k_max_marks; ++node) {
    session.note_read(node, 1, at(static_cast<int>(node)), false);
    resolve_all(session, node * 100, true);
  }
  session.note_read(50, 1, at(50), false);
  EXPECT_EQ(session.marks().size(), Session::k_max_marks);
  EXPECT_EQ(session.reads().at(0).lsn, Lsn{Session::k_max_marks * 100});
  EXPECT_EQ(session.unshown(), Lsn{});
}

TEST(Session, AFoldedMarkThatThePrimaryDoesNotShowStaysBehindTheBarrier) {
  Session session;
  for (NodeIndex node = 1; node <= Session::k_max_marks; ++node) {
    session.note_read(node, 1, at(static_cast<int>(node)), false);
    resolve_all(session, node * 100, false);
  }
  session.note_read(50, 1, at(50), false);
  EXPECT_EQ(session.unshown(), Lsn{Session::k_max_marks * 100});
}

TEST(Session, UnresolvedMarksOfStandbysFoldIntoOneOfTheLatestInstant) {
  Session session;
  session.note_write(0, 1, at(5));
  for (NodeIndex node = 1; node <= 20; ++node) {
    session.note_read(node, 1, at(static_cast<int>(100 - node)), false);
  }
  EXPECT_EQ(session.marks().size(), Session::k_max_marks);
  EXPECT_FALSE(session.lost_writes());
  Instant latest = Instant::min();
  bool write_kept = false;
  for (const auto& known : session.marks()) {
    if (known.is_write) write_kept = true;
    latest = std::max(latest, known.mark.at);
  }
  EXPECT_TRUE(write_kept);
  EXPECT_EQ(latest, at(99));
}

TEST(Session, WhatCannotBeRememberedCountsAsLost) {
  Session session;
  for (Incarnation run = 1; run <= Session::k_max_marks; ++run) session.note_write(0, run, at(1));
  EXPECT_FALSE(session.lost_writes());
  session.note_write(0, 99, at(2));
  EXPECT_TRUE(session.lost_writes());
  session.forgive_reads();
  EXPECT_TRUE(session.lost_writes());
  session.forgive();
  EXPECT_FALSE(session.lost_writes());
}

// Valid until the end of the statement, if it is made of a braced list.
Tables about(const std::vector<TableId>& ids, TableScope scope = 1) { return {scope, ids}; }

const std::vector<TableId> k_carts{10};
const std::vector<TableId> k_products{20};
const std::vector<TableId> k_both{10, 20};

TEST(Session, MarksOfOneTableAreKeptApartFromThoseOfAnother) {
  Session session;
  session.note_write(0, 1, at(1), about(k_carts));
  session.note_write(0, 1, at(2), about(k_products));
  session.note_write(0, 1, at(3), about(k_carts));
  ASSERT_EQ(session.marks().size(), 2u);
  for (const auto& known : session.marks()) {
    EXPECT_EQ(known.mark.at, known.about().meet(about(k_carts)) ? at(3) : at(2));
  }
}

TEST(Session, AMarkAboutAnyTableSaysItForAllOfThem) {
  Session session;
  session.note_write(0, 1, at(1), about(k_both));
  session.note_write(0, 1, at(5));
  ASSERT_EQ(session.marks().size(), 1u);
  EXPECT_TRUE(session.marks()[0].is_about_any());
  session.note_write(0, 1, at(4), about(k_carts));
  EXPECT_EQ(session.marks().size(), 1u);
  session.note_write(0, 1, at(6), about(k_carts));
  EXPECT_EQ(session.marks().size(), 2u);
}

TEST(Session, AnEarlierMarkAboutAnyTableDoesNotTakeTheLaterOneOfATable) {
  Session session;
  session.note_write(0, 1, at(6), about(k_carts));
  session.note_write(0, 1, at(5));
  EXPECT_EQ(session.marks().size(), 2u);
}

TEST(Session, WhatTouchesSeveralTablesLeavesOneMark) {
  Session session;
  session.note_read(1, 1, at(1), false, about(k_both));
  ASSERT_EQ(session.marks().size(), 1u);
  session.note_read(1, 1, at(2), false, about(k_carts));
  ASSERT_EQ(session.marks().size(), 2u);
  EXPECT_FALSE(session.marks()[0].about().meet(about(k_carts))) << "the later one says it";
  session.note_read(1, 1, at(3), false, about(k_both));
  ASSERT_EQ(session.marks().size(), 1u);
  EXPECT_EQ(session.marks()[0].mark.at, at(3));
}

TEST(Session, AnEarlierMarkOfSeveralTablesIsNotedForThoseThatNoLaterOneIsAbout) {
  Session session;
  session.note_write(0, 1, at(5), about(k_carts));
  session.note_write(0, 1, at(4), about(k_both));
  ASSERT_EQ(session.marks().size(), 2u);
  EXPECT_EQ(session.marks()[1].mark.at, at(4));
  EXPECT_FALSE(session.marks()[1].about().meet(about(k_carts)));
  EXPECT_TRUE(session.marks()[1].about().meet(about(k_products)));
}

// The instant from which on the session's writes or reads of a table on a node are covered; the
// earliest if none is remembered.
Instant remembered(const Session& session, NodeIndex node, TableId table) {
  auto latest = Instant::min();
  for (const auto& known : session.marks()) {
    if (known.mark.node != node || !known.about().meet(about({table}))) continue;
    latest = std::max(latest, known.mark.at);
  }
  return latest;
}

TEST(Session, TooManyTablesJoinTheOldestIntoOneAboutThose) {
  Session session;
  constexpr TableId k_tables = Session::k_max_marks + 2;
  for (TableId table = 1; table <= k_tables; ++table) {
    session.note_write(0, 1, at(static_cast<int>(table)), about({table}));
  }
  EXPECT_FALSE(session.lost_writes());
  EXPECT_EQ(session.marks().size(), Session::k_max_marks);
  EXPECT_TRUE(std::ranges::none_of(session.marks(), &Remembered::is_about_any));
  for (TableId table = 1; table <= k_tables; ++table) {
    EXPECT_EQ(remembered(session, 0, table), at(std::max(3, static_cast<int>(table))));
  }
  EXPECT_EQ(remembered(session, 0, k_tables + 1), Instant::min());
}

// As a user's session is who writes and reads nine tables, on the primary and on a standby.
TEST(Session, MarksOfOtherNodesDoNotHoldUpWhatWasReadOnOneAlone) {
  Session session;
  session.note_read(1, 1, at(1), false, about({100}));
  for (int round = 0; round < 5; ++round) {
    for (TableId table = 1; table <= 9; ++table) {
      const int ms = 10 * (round + 1) + static_cast<int>(table);
      session.note_write(0, 1, at(ms), about({table}));
      session.note_read(0, 1, at(ms), true, about({table}));
      session.note_read(1, 1, at(ms), false, about({table}));
    }
  }
  EXPECT_EQ(remembered(session, 0, 100), Instant::min());
  EXPECT_NE(remembered(session, 1, 100), Instant::min());
  for (TableId table = 1; table <= 9; ++table) {
    EXPECT_GE(remembered(session, 0, table), at(50 + static_cast<int>(table)));
    EXPECT_GE(remembered(session, 1, table), at(50 + static_cast<int>(table)));
  }
}

TEST(Session, MoreTablesThanMarksCanNameCountAsAny) {
  Session session;
  constexpr TableId k_tables = Session::k_max_marks * TableSet::k_capacity + 9;
  for (TableId table = 1; table <= k_tables; ++table) {
    session.note_write(0, 1, at(static_cast<int>(table)), about({table}));
  }
  EXPECT_EQ(session.marks().size(), Session::k_max_marks);
  EXPECT_NE(remembered(session, 0, k_tables + 1), Instant::min());
  for (TableId table = 1; table <= k_tables; ++table) {
    EXPECT_GE(remembered(session, 0, table), at(static_cast<int>(table)));
  }
}

TEST(Session, TablesOfTwoScopesJoinAsAny) {
  Session session;
  for (TableId table = 1; table <= Session::k_max_marks + 1; ++table) {
    session.note_write(0, 1, at(static_cast<int>(table)), about({table}, table));
  }
  EXPECT_EQ(session.marks().size(), Session::k_max_marks);
  EXPECT_EQ(std::ranges::count_if(session.marks(), &Remembered::is_about_any), 1);
}

// Whatever is noted, in whatever order and however often room is made: what remains is at least as
// late as what was noted, for every table, and the floor as high as what was folded.
TEST(Session, WhatIsRememberedIsAnUpperBoundOfWhatWasNoted) {
  Random random(7);
  for (int run = 0; run < 300; ++run) {
    Session session;
    std::map<std::pair<NodeIndex, TableId>, Instant> noted;
    for (int step = 0; step < 60; ++step) {
      std::vector<TableId> tables;
      for (auto left = random.below(4); left > 0; --left) {
        tables.push_back(static_cast<TableId>(1 + random.below(20)));
      }
      const auto node = static_cast<NodeIndex>(random.below(3));
      const Instant when = at(static_cast<int>(step + random.below(10)));
      session.note_read(node, 1, when, false, about(tables, 1 + random.below(20) / 19));
      for (const TableId table : tables) {
        auto& latest = noted.try_emplace({node, table}, Instant::min()).first->second;
        latest = std::max(latest, when);
      }
      ASSERT_LE(session.marks().size(), Session::k_max_marks);
      for (const auto& [where, when_noted] : noted) {
        ASSERT_GE(remembered(session, where.first, where.second), when_noted);
      }
    }
  }
}

TEST(Session, TheSameTableUnderAnotherScopeIsAnother) {
  Session session;
  session.note_write(0, 1, at(1), about(k_carts, 1));
  session.note_write(0, 1, at(2), about(k_carts, 2));
  EXPECT_EQ(session.marks().size(), 2u);
}

TEST(Session, MergingRequiresWhatBothDid) {
  Session one;
  one.note_write(0, 1, at(1), about(k_carts));
  Session other;
  other.require(3, {500}, {700}, false);
  other.note_read(1, 1, at(2), false);
  one.merge(other);
  EXPECT_EQ(one.marks().size(), 2u);
  EXPECT_EQ(one.timeline(), 3u);
  EXPECT_EQ(one.writes().at(0).lsn, Lsn{500});
  EXPECT_EQ(one.reads().at(0).lsn, Lsn{700});
  EXPECT_EQ(one.unshown(), Lsn{700});
}

TEST(Session, FloorsThatCannotBeComparedCountAsLost) {
  Session one;
  one.require(2, {100}, {100}, true);
  Session other;
  other.require(3, {500}, {}, true);
  one.merge(other);
  EXPECT_TRUE(one.lost_writes());
  EXPECT_FALSE(one.lost_reads());
  EXPECT_EQ(one.timeline(), 2u);
}

TEST(Session, LosingAMarkSaysWhatItWas) {
  Session session;
  session.note_write(0, 1, at(1));
  session.note_read(1, 1, at(2), false);
  session.lose(1, {});
  EXPECT_TRUE(session.lost_reads());
  EXPECT_FALSE(session.lost_writes());
  session.lose(0, {});
  EXPECT_TRUE(session.lost_writes());
  session.forgive();
  EXPECT_TRUE(session.empty());
}

TEST(Session, HoldsMemoryForAsManyMarksAsThereHaveBeen) {
  EXPECT_LE(sizeof(Session), 128u) << "there may be a million of them";
  Session session;
  EXPECT_EQ(session.bytes_outside(), 0u);
  session.note_read(1, 1, at(1), false);
  EXPECT_EQ(session.bytes_outside(), sizeof(Remembered));
  session.note_read(1, 1, at(2), false);
  EXPECT_EQ(session.bytes_outside(), sizeof(Remembered)) << "it replaces the other";
  for (NodeIndex node = 0; node < 20; ++node) session.note_read(node, 1, at(3), false);
  EXPECT_EQ(session.bytes_outside(), Session::k_max_marks * sizeof(Remembered));
  const std::size_t room = session.bytes_outside();
  session.clear();
  EXPECT_TRUE(session.empty());
  EXPECT_EQ(session.bytes_outside(), room);
}

}  // namespace
}  // namespace tidemark::consistency
