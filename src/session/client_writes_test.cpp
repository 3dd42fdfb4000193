// What the shell is told of the writes under way: before they leave, and when they are over.
#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;
class Writes : public Conversation {
 protected:
  // Since the last look.
  std::string told_of() { return std::exchange(client.writes, {}); }
};

constexpr std::string_view k_insert = "INSERT INTO t VALUES (1)";

TEST_F(Writes, AStatementIsUnderWayUntilItIsAnswered) {
  client.sends(query(k_insert));
  EXPECT_EQ(told_of(), "[t]");
  primary.answers(complete("INSERT 0 1"));
  EXPECT_EQ(told_of(), "");
  primary.answers(ready());
  EXPECT_EQ(told_of(), "over");
}

TEST_F(Writes, OneThatFailsIsOverAsWell) {
  says(k_insert, primary, error("23505") + ready());
  EXPECT_EQ(told_of(), "[t]over");
}

TEST_F(Writes, ReadsOfStandbysAndWhatConcernsTheSessionAreNotTold) {
  says("SELECT a FROM t", standby, row("1") + ready());
  says("SET work_mem = 1", primary, complete("SET") + ready());
  EXPECT_EQ(told_of(), "");
}

TEST_F(Writes, WhatRunsOnThePrimaryIsToldThoughItWritesNoTable) {
  says("SELECT nextval('s')", primary, row("1") + ready());
  EXPECT_EQ(told_of(), "[]over");
  client.sends(query("BEGIN") + query("SELECT a FROM t") + query("COMMIT"));
  EXPECT_EQ(told_of(), "[]");
}

TEST_F(Writes, WhatCannotBeLookedIntoMayRename) {
  says("GRANT SELECT ON t TO PUBLIC", primary, complete("GRANT") + ready());
  EXPECT_EQ(told_of(), "[any!]over");
}

TEST_F(Writes, ATransactionTellsWhatIsNewInItAndIsOverAtItsEnd) {
  is_in_transaction();
  EXPECT_EQ(told_of(), "[t]");
  says("UPDATE t SET a = 1", primary, complete("UPDATE 1") + ready('T'));
  EXPECT_EQ(told_of(), "");
  says("UPDATE u SET a = 1", primary, complete("UPDATE 1") + ready('T'));
  EXPECT_EQ(told_of(), "[t u]");
  says("COMMIT", primary, complete("COMMIT") + ready());
  EXPECT_EQ(told_of(), "over");
}

TEST_F(Writes, ATransactionThatReadsFirstTellsOfItsFirstWrite) {
  client.sends(query("BEGIN") + query("SELECT a FROM t"));
  primary.answers(complete("BEGIN") + ready('T') + row("1") + ready('T'));
  EXPECT_EQ(told_of(), "[]");
  says(k_insert, primary, complete("INSERT 0 1") + ready('T'));
  EXPECT_EQ(told_of(), "[t]");
}

TEST_F(Writes, ARollbackEndsThem) {
  is_in_transaction();
  says("ROLLBACK", primary, complete("ROLLBACK") + ready());
  EXPECT_EQ(told_of(), "[t]over");
}

TEST_F(Writes, AFailedTransactionIsOverWhenItIsRolledBack) {
  is_in_transaction();
  says("UPDATE u SET a = 1", primary, error("22012") + ready('E'));
  EXPECT_EQ(told_of(), "[t][t u]");
  says("COMMIT", primary, complete("ROLLBACK") + ready());
  EXPECT_EQ(told_of(), "over");
}

TEST_F(Writes, ABatchIsUnderWayFromItsBindOn) {
  client.sends(prepared_and_run(k_insert));
  EXPECT_EQ(told_of(), "[t]");
  primary.answers(parsed() + bound() + no_data() + complete("INSERT 0 1"));
  EXPECT_EQ(told_of(), "");
  primary.answers(ready());
  EXPECT_EQ(told_of(), "over");
}

TEST_F(Writes, PipelinedOnesAreOverWithTheLast) {
  client.sends(prepared_and_run(k_insert));
  client.sends(prepared_and_run("UPDATE u SET a = 1"));
  EXPECT_EQ(told_of(), "[t][t u]");
  primary.answers(parsed() + bound() + no_data() + complete("INSERT 0 1") + ready());
  EXPECT_EQ(told_of(), "");
  primary.answers(parsed() + bound() + no_data() + complete("UPDATE 1") + ready());
  EXPECT_EQ(told_of(), "over");
}

TEST_F(Writes, ACopyIsOverAtItsEnd) {
  client.sends(query("COPY t FROM STDIN"));
  EXPECT_EQ(told_of(), "[t]");
  primary.answers(copy_in());
  client.sends(copy_data("1\n") + copy_done());
  EXPECT_EQ(told_of(), "");
  primary.answers(complete("COPY 1") + ready());
  EXPECT_EQ(told_of(), "over");
}

TEST_F(Writes, WhatMayBeAnythingMayRenameToo) {
  says("CREATE TABLE v (a int)", primary, complete("CREATE TABLE") + ready());
  EXPECT_EQ(told_of(), "[any!]over");
  says("DO 'BEGIN END'", primary, complete("DO") + ready());
  EXPECT_EQ(told_of(), "[any!]over");
}

TEST_F(Writes, TwoPhaseCommitMayBeAnything) {
  says("COMMIT PREPARED 'x'", primary, complete("COMMIT PREPARED") + ready());
  EXPECT_EQ(told_of(), "[any!]over");
}

TEST_F(Writes, AFunctionCallMayBeAnything) {
  client.sends(function_call());
  EXPECT_EQ(told_of(), "[any!]");
}

TEST_F(Writes, WhatRunsUnderANameThatNobodyKnowsMayBeAnything) {
  says("CREATE TEMP TABLE mine (a int)", primary, complete("CREATE TABLE") + ready());
  told_of();
  client.sends(query("EXECUTE unheard_of"));
  EXPECT_EQ(told_of(), "[any!]");
  client.now += std::chrono::seconds(1);
  primary.answers(complete("INSERT 0 1") + ready());
  EXPECT_TRUE(has_written());
}

TEST_F(Writes, APinnedClientsEndWhenTheyAreAnswered) {
  says("CREATE TEMP TABLE mine (a int)", primary, complete("CREATE TABLE") + ready());
  EXPECT_FALSE(primary.is_free());
  EXPECT_TRUE(told_of().ends_with("over"));
  says(k_insert, primary, complete("INSERT 0 1") + ready());
  EXPECT_EQ(told_of(), "[t]over");
}

TEST_F(Writes, WhoseAnswerIsLostWithTheServerAreNotKnown) {
  client.sends(query(k_insert));
  primary.is_lost();
  EXPECT_EQ(told_of(), "[t]unknown");
}

TEST_F(Writes, OfATransactionThatIsLostBetweenStatementsNothingIsLeft) {
  is_in_transaction();
  primary.is_lost();
  EXPECT_EQ(told_of(), "[t]over");
}

TEST_F(Writes, WhoseClientIsGoneInTheMiddleAreNotKnown) {
  client.sends(query(k_insert));
  client.hangs_up();
  EXPECT_EQ(told_of(), "[t]unknown");
}

TEST_F(Writes, OfABatchWithoutItsSyncNothingIsKnown) {
  client.sends(parse("", k_insert) + bind_to("") + execute() + flush());
  primary.answers(parsed() + bound() + complete("INSERT 0 1"));
  client.hangs_up();
  EXPECT_EQ(told_of(), "[t]unknown");
}

TEST_F(Writes, WhoIsGoneBetweenStatementsHasWrittenNothing) {
  is_in_transaction();
  client.hangs_up();
  EXPECT_EQ(told_of(), "[t]over");
}

TEST_F(Writes, WhoBreaksTheProtocolInATransactionHasWrittenNothing) {
  is_in_transaction();
  client.sends(std::string("\0\0\0\0\0\0", 6));
  EXPECT_EQ(told_of(), "[t]over");
}

TEST_F(Writes, TheyAreToldHoweverTheAnswerArrives) {
  client.sends(query(k_insert), 1);
  primary.answers(complete("INSERT 0 1") + ready(), 1);
  EXPECT_EQ(told_of(), "[t]over");
}

}  // namespace
}  // namespace tidemark::session
