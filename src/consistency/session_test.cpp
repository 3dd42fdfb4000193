#include "consistency/session.h"

#include <gtest/gtest.h>

#include <algorithm>

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
  EXPECT_EQ(session.reads().at(0).lsn, Lsn{600});
  EXPECT_EQ(session.unshown(), Lsn{});
}

TEST(Session, AFoldedMarkThatThePrimaryDoesNotShowStaysBehindTheBarrier) {
  Session session;
  for (NodeIndex node = 1; node <= Session::k_max_marks; ++node) {
    session.note_read(node, 1, at(static_cast<int>(node)), false);
    resolve_all(session, node * 100, false);
  }
  session.note_read(50, 1, at(50), false);
  EXPECT_EQ(session.unshown(), Lsn{600});
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
  session.forgive();
  EXPECT_FALSE(session.lost_writes());
}

TEST(Session, LosingAMarkSaysWhatItWas) {
  Session session;
  session.note_write(0, 1, at(1));
  session.note_read(1, 1, at(2), false);
  session.lose(1);
  EXPECT_TRUE(session.lost_reads());
  EXPECT_FALSE(session.lost_writes());
  session.lose(0);
  EXPECT_TRUE(session.lost_writes());
  session.forgive();
  EXPECT_TRUE(session.empty());
}

}  // namespace
}  // namespace tidemark::consistency
