// Histories made by hand: each breach is found, and what only looks like one is not.
#include "simulation/checker.h"

#include <gtest/gtest.h>

#include "simulation/recorder.h"

namespace tidemark::simulation {
namespace {

using Kind = Operation::Kind;

constexpr Promised k_eventual{};
constexpr Promised k_own{.writes = true};
constexpr Promised k_monotonic{.reads = true};
constexpr Promised k_session{.writes = true, .reads = true};
constexpr Promised k_causal{.writes = true, .reads = true, .causal = true};
constexpr Promised k_strong{.writes = true, .reads = true, .causal = true, .strong = true};

Instant at(int ms) { return Instant(std::chrono::milliseconds(ms)); }

Promised bounded(int ms) { return {.bound = std::chrono::milliseconds(ms)}; }

// Rows 0 and 1 are of one table, 2 of another.
class CheckerTest : public ::testing::Test {
 protected:
  // A transaction that is shown at once, and writes the row on top of `parent`.
  VersionId commits(Row row, VersionId parent, int ms, SessionId session = k_outsider) {
    const Txn txn = history_.begin(session);
    const VersionId version = history_.write(row, parent, txn);
    history_.transactions[txn].logged = true;
    history_.transactions[txn].shown_at = at(ms);
    return version;
  }
  Transaction& transaction_of(VersionId version) {
    return history_.transactions[history_.versions[version].txn];
  }

  Operation made(SessionId session, int began, int ended, Promised promised) {
    Operation operation;
    operation.session = session;
    operation.began = operation.transaction_began = at(began);
    operation.ended = at(ended);
    operation.promised = promised;
    operation.ends_transaction = true;
    return operation;
  }

  // The session's own write, answered when it was shown.
  VersionId writes(SessionId session, Row row, VersionId parent, int ms,
                   Promised promised = k_session) {
    const VersionId version = commits(row, parent, ms, session);
    Operation operation = made(session, ms - 1, ms, promised);
    operation.txn = history_.versions[version].txn;
    recorder_.add(operation, std::vector<Seen>{{row, parent}});
    return version;
  }

  void reads(SessionId session, int began, int ended, Promised promised, std::vector<Seen> seen) {
    recorder_.add(made(session, began, ended, promised), seen);
  }

  void told(SessionId session, int ms, Kind kind) {
    Operation operation = made(session, ms, ms, {});
    operation.kind = kind;
    recorder_.add(operation);
  }

  // In a transaction of several statements, begun at `began`.
  void reads_within(std::uint32_t transaction, bool one_snapshot, int began, int ended,
                    std::vector<Seen> seen) {
    Operation operation = made(0, began, ended, k_session);
    operation.transaction = transaction;
    operation.one_snapshot = one_snapshot;
    operation.ends_transaction = false;
    recorder_.add(operation, seen);
  }

  void expect_clean() {
    const auto found = check(history_);
    EXPECT_TRUE(found.empty()) << found.front().story;
  }
  void expect_breach(Breach breach) {
    const auto found = check(history_);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_STREQ(to_string(found[0].breach), to_string(breach)) << found[0].story;
    EXPECT_EQ(found[0].operation, history_.operations.size() - 1);
    EXPECT_NE(found[0].story.find("row"), std::string::npos);
  }

  History history_;
  Recorder recorder_{history_};
};

TEST_F(CheckerTest, NothingToSeeIsClean) {
  reads(0, 1, 2, k_strong, {{0, 0}, {1, 1}});
  expect_clean();
}

TEST_F(CheckerTest, AMissingOwnWriteIsFound) {
  writes(0, 0, 0, 10);
  reads(0, 11, 12, k_own, {{0, 0}});
  expect_breach(Breach::k_own_write);
}

TEST_F(CheckerTest, AnOwnWriteMayBeOverwritten) {
  const VersionId mine = writes(0, 0, 0, 10);
  const VersionId later = commits(0, mine, 11);
  reads(0, 12, 13, k_own, {{0, later}});
  expect_clean();
}

TEST_F(CheckerTest, OtherRowsOtherSessionsAndWeakerLevelsOweNoOwnWrite) {
  writes(0, 0, 0, 10);
  reads(0, 11, 12, k_own, {{1, 1}});
  reads(1, 11, 12, k_own, {{0, 0}});
  reads(0, 11, 12, k_monotonic, {{1, 1}});
  reads(0, 13, 14, k_eventual, {{0, 0}});
  expect_clean();
}

TEST_F(CheckerTest, AReadThatBeganBeforeTheWriteWasAnsweredOwesNothing) {
  writes(0, 0, 0, 10);
  reads(0, 9, 12, k_own, {{0, 0}});
  expect_clean();
}

TEST_F(CheckerTest, AnUnansweredWriteCountsOnceOthersCouldSeeIt) {
  const VersionId version = commits(0, 0, 10, 0);
  Operation failed = made(0, 9, 11, k_session);
  failed.kind = Kind::k_failed;
  failed.txn = history_.versions[version].txn;
  recorder_.add(failed);
  reads(0, 12, 13, k_own, {{0, 0}});
  expect_breach(Breach::k_own_write);
  transaction_of(version).shown_at = at(14);
  expect_clean();
}

TEST_F(CheckerTest, GoingBackInTimeIsFound) {
  const VersionId later = commits(0, 0, 10);
  reads(0, 11, 12, k_eventual, {{0, later}});
  reads(0, 13, 14, k_monotonic, {{0, 0}});
  expect_breach(Breach::k_earlier_read);
}

TEST_F(CheckerTest, ABranchThatPartedDoesNotCoverWhatItNeverHad) {
  const VersionId lost = commits(0, 0, 10);
  const VersionId other = commits(0, 0, 20);
  const VersionId longer = commits(0, other, 21);
  transaction_of(lost).lost_at = at(15);
  reads(0, 11, 12, k_session, {{0, lost}});
  reads(0, 30, 31, k_session, {{0, longer}});
  expect_breach(Breach::k_earlier_read);
}

TEST_F(CheckerTest, WhoWasToldOwesNothingAnyMore) {
  const VersionId lost = writes(0, 0, 0, 10);
  transaction_of(lost).lost_at = at(15);
  told(0, 20, Kind::k_told_writes);
  reads(0, 21, 22, k_session, {{0, 0}});
  expect_clean();
}

TEST_F(CheckerTest, ToBeToldOfReadsIsNotToBeToldOfWrites) {
  const VersionId lost = writes(0, 0, 0, 10);
  transaction_of(lost).lost_at = at(15);
  told(0, 20, Kind::k_told_reads);
  reads(0, 21, 22, k_own, {{0, 0}});
  expect_breach(Breach::k_own_write);
}

TEST_F(CheckerTest, ASessionThatIsHandedAnothersPastOwesIt) {
  writes(0, 0, 0, 10);
  Operation handed = made(0, 11, 12, {});
  handed.kind = Kind::k_hand_over;
  handed.other = 1;
  recorder_.add(handed);
  reads(1, 13, 14, k_own, {{0, 0}});
  expect_breach(Breach::k_own_write);
}

// Session 0 writes row 0, session 1 sees it and writes row 2, session 2 sees only the latter.
TEST_F(CheckerTest, AnEffectWithoutItsCauseIsFoundAcrossTables) {
  const VersionId cause = writes(0, 0, 0, 10);
  reads(1, 11, 12, k_causal, {{0, cause}});
  const VersionId effect = writes(1, 2, 2, 14, k_causal);
  reads(2, 15, 16, k_session, {{2, effect}});
  reads(2, 17, 18, k_session, {{0, 0}});
  expect_clean();
  reads(2, 19, 20, k_causal, {{0, 0}});
  expect_breach(Breach::k_causal);
}

TEST_F(CheckerTest, ALostCauseIsNobodysFault) {
  const VersionId cause = writes(0, 0, 0, 10);
  reads(1, 11, 12, k_causal, {{0, cause}});
  const VersionId effect = writes(1, 2, 2, 14, k_causal);
  transaction_of(cause).lost_at = at(15);
  reads(2, 16, 17, k_eventual, {{2, effect}});
  reads(2, 19, 20, k_causal, {{0, 0}});
  expect_clean();
}

TEST_F(CheckerTest, AnEffectBesideItsMissingCauseIsTornAtAnyLevel) {
  const VersionId cause = writes(0, 0, 0, 10);
  reads(1, 11, 12, k_causal, {{0, cause}});
  const VersionId effect = writes(1, 2, 2, 14, k_causal);
  reads(2, 15, 16, k_eventual, {{0, 0}, {2, effect}});
  expect_breach(Breach::k_torn);
}

TEST_F(CheckerTest, StalerThanItsBoundIsFound) {
  commits(0, 0, 10);
  reads(0, 30, 31, bounded(25), {{0, 0}});
  expect_clean();
  reads(0, 40, 41, bounded(25), {{0, 0}});
  expect_breach(Breach::k_bound);
}

TEST_F(CheckerTest, WhatIsLostByTheEndOfAReadIsNotOwed) {
  const VersionId lost = commits(0, 0, 10);
  transaction_of(lost).lost_at = at(41);
  reads(0, 40, 41, bounded(5), {{0, 0}});
  reads(0, 40, 41, k_strong, {{0, 0}});
  expect_clean();
}

TEST_F(CheckerTest, APrimaryThatTheGatewayDoesNotKnowYetOwesNothing) {
  commits(0, 0, 10);
  history_.reigns[0].known_at = at(38);
  reads(0, 40, 41, bounded(5), {{0, 0}});
  expect_clean();
  reads(0, 50, 51, bounded(5), {{0, 0}});
  expect_breach(Breach::k_bound);
}

TEST_F(CheckerTest, AStrongReadSeesWhatWasShownBeforeItBegan) {
  commits(0, 0, 10);
  reads(0, 9, 12, k_strong, {{0, 0}});
  expect_clean();
  reads(0, 11, 12, k_strong, {{0, 0}});
  expect_breach(Breach::k_strong);
}

// Anomaly P1: it is not shown by the primary yet, and a standby showed it.
TEST_F(CheckerTest, AStrongReadSeesWhatAStrongReadBeforeItSaw) {
  const VersionId version = commits(0, 0, 50);
  reads(0, 11, 12, k_strong, {{0, version}});
  reads(1, 11, 13, k_strong, {{0, 0}});
  reads(1, 14, 15, k_session, {{0, 0}});
  expect_clean();
  reads(1, 16, 17, k_strong, {{0, 0}});
  expect_breach(Breach::k_strong);
}

TEST_F(CheckerTest, StatementsOfOneSnapshotAgree) {
  const VersionId version = commits(0, 0, 10);
  reads_within(1, true, 5, 6, {{0, 0}});
  reads_within(1, true, 5, 20, {{0, version}});
  expect_breach(Breach::k_snapshot);
}

TEST_F(CheckerTest, ATransactionDoesNotGoBackInTime) {
  const VersionId version = commits(0, 0, 10);
  reads_within(1, false, 5, 12, {{0, 0}});
  reads_within(1, false, 5, 20, {{0, version}});
  expect_clean();
  reads_within(1, false, 5, 30, {{0, 0}});
  expect_breach(Breach::k_snapshot);
}

TEST_F(CheckerTest, HalfATransactionIsFound) {
  const Txn txn = history_.begin(k_outsider);
  const VersionId one = history_.write(0, 0, txn);
  history_.write(2, 2, txn);
  history_.transactions[txn].logged = true;
  history_.transactions[txn].shown_at = at(10);
  reads(0, 11, 12, k_eventual, {{0, one}, {2, 2}});
  expect_breach(Breach::k_torn);
}

TEST_F(CheckerTest, WhatNeverWasCommittedMustNotBeSeen) {
  const Txn txn = history_.begin(k_outsider);
  const VersionId version = history_.write(0, 0, txn);
  reads(0, 11, 12, k_eventual, {{0, version}});
  expect_breach(Breach::k_aborted);
}

TEST_F(CheckerTest, ATransactionSeesItsOwnVersionsBeforeTheyAreCommitted) {
  const Txn txn = history_.begin(0);
  const VersionId version = history_.write(0, 0, txn);
  Operation operation = made(0, 10, 11, k_session);
  operation.txn = txn;
  operation.transaction = 1;
  recorder_.add(operation, std::vector<Seen>{{0, version}});
  expect_clean();
}

}  // namespace
}  // namespace tidemark::simulation
