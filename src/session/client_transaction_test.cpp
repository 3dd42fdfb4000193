// Transactions: BEGIN that waits for the first statement, where they run, and how they end.
#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;
using Transactions = Conversation;

TEST_F(Transactions, OneThatIsBegunAsLibpqxxDoesIsReadOnAStandby) {
  const std::string begin = "BEGIN; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
  client.sends(query(begin));
  EXPECT_EQ(client.got(), "C BEGIN | C SET | Z T");
  client.sends(query("SELECT a FROM t"));
  EXPECT_EQ(standby.got(), "Q " + begin + " | Q SELECT a FROM t");
  standby.answers(complete("BEGIN") + complete("SET") + ready('T') + row("1") + ready('T'));
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z T");
}

TEST_F(Transactions, TheServerSaysThatTwoStatementsCannotBePrepared) {
  client.sends(parse("s", "BEGIN; SET TRANSACTION READ ONLY") + sync());
  EXPECT_EQ(standby.got() + primary.got(), "P s BEGIN; SET TRANSACTION READ ONLY | S");
}

TEST_F(Transactions, BeginIsAnsweredWithoutAServer) {
  client.sends(query("BEGIN"));
  EXPECT_EQ(client.got(), "C BEGIN | Z T");
  EXPECT_EQ(client.requests, 0);
}

TEST_F(Transactions, StartTransactionIsAnsweredInItsOwnWords) {
  client.sends(query("  /* a comment */ start transaction"));
  EXPECT_EQ(client.got(), "C START TRANSACTION | Z T");
}

TEST_F(Transactions, BeginIsSentWithTheFirstStatement) {
  client.sends(query("BEGIN"));
  client.got();
  client.sends(query("INSERT INTO t VALUES (1)"));
  EXPECT_EQ(primary.got(), "Q BEGIN | Q INSERT INTO t VALUES (1)");
  primary.answers(complete("BEGIN") + ready('T') + complete("INSERT 0 1") + ready('T'));
  EXPECT_EQ(client.got(), "C INSERT 0 1 | Z T");
}

TEST_F(Transactions, WhatFollowedBeginIsSentWithIt) {
  client.sends(query("BEGIN") + query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"));
  EXPECT_EQ(client.got(), "C BEGIN | Z T | C SET | Z T");
  client.sends(query("SELECT a FROM t"));
  EXPECT_EQ(primary.got(),
            "Q BEGIN | Q SET TRANSACTION ISOLATION LEVEL REPEATABLE READ | Q SELECT a FROM t");
  primary.answers(complete("BEGIN") + ready('T') + complete("SET") + ready('T') + row("1") +
                  ready('T'));
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z T");
}

TEST_F(Transactions, CommitOfNothingNeedsNoServer) {
  client.sends(query("BEGIN") + query("COMMIT") + query("BEGIN") + query("ROLLBACK"));
  EXPECT_EQ(client.got(), "C BEGIN | Z T | C COMMIT | Z I | C BEGIN | Z T | C ROLLBACK | Z I");
  EXPECT_EQ(client.requests, 0);
}

TEST_F(Transactions, CommitWithoutBeginIsTheServersToJudge) {
  client.sends(query("COMMIT"));
  EXPECT_EQ(primary.got(), "Q COMMIT");
  primary.answers(notice("25P01") + complete("COMMIT") + ready());
  EXPECT_EQ(client.got(), "N 25P01 | C COMMIT | Z I");
}

TEST_F(Transactions, AReadWriteTransactionRunsOnThePrimaryToItsEnd) {
  is_in_transaction();
  client.sends(query("SELECT a FROM t"));
  EXPECT_EQ(primary.got(), "Q SELECT a FROM t");
  primary.answers(row("1") + ready('T'));
  client.sends(query("COMMIT"));
  EXPECT_FALSE(primary.is_free());
  primary.answers(complete("COMMIT") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z T | C COMMIT | Z I");
  EXPECT_TRUE(primary.is_free());
  EXPECT_FALSE(primary.broken());
  EXPECT_EQ(client.requests, 1);
}

TEST_F(Transactions, AReadOnlyTransactionRunsOnAStandbyToItsEnd) {
  client.sends(query("BEGIN READ ONLY") + query("SELECT a FROM t"));
  EXPECT_EQ(standby.got(), "Q BEGIN READ ONLY | Q SELECT a FROM t");
  standby.answers(complete("BEGIN") + ready('T') + row("1") + ready('T'));
  client.sends(query("SELECT b FROM t") + query("COMMIT"));
  EXPECT_EQ(standby.got(), "Q SELECT b FROM t | Q COMMIT");
  standby.answers(row("2") + ready('T') + complete("COMMIT") + ready());
  EXPECT_EQ(client.got(),
            "C BEGIN | Z T | T a | D 1 | C SELECT 1 | Z T | T a | D 2 | C SELECT 1 | Z T | "
            "C COMMIT | Z I");
  EXPECT_TRUE(standby.is_free());
}

TEST_F(Transactions, SetTransactionReadOnlyMakesItOneForAStandby) {
  client.sends(query("BEGIN") + query("SET TRANSACTION READ ONLY") + query("SELECT a FROM t"));
  EXPECT_EQ(standby.got(), "Q BEGIN | Q SET TRANSACTION READ ONLY | Q SELECT a FROM t");
}

TEST_F(Transactions, ASerializableOneNeedsThePrimaryEvenToRead) {
  client.sends(query("BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY") + query("SELECT a FROM t"));
  EXPECT_EQ(primary.got(), "Q BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY | Q SELECT a FROM t");
}

TEST_F(Transactions, AReadOnlyOneThatStartsWithTheSessionAloneMayStartOnAStandby) {
  client.sends(query("BEGIN READ ONLY") + query("SHOW work_mem"));
  EXPECT_EQ(standby.got(), "Q BEGIN READ ONLY | Q SHOW work_mem");
}

TEST_F(Transactions, ALockInAReadOnlyOneOnAStandbyFailsIt) {
  is_reading_in_transaction();
  client.sends(query("SELECT pg_advisory_lock(1)"));
  EXPECT_EQ(standby.got(), "Q the gateway refused the statement before this one");
  standby.answers(error("42601") + ready('E'));
  EXPECT_EQ(client.got(), "E 25006 | Z E");
  client.sends(query("SELECT a FROM t"));
  EXPECT_EQ(standby.got(), "Q SELECT a FROM t");
  standby.answers(error("25P02") + ready('E'));
  EXPECT_EQ(client.got(), "E 25P02 | Z E");
  client.sends(query("ROLLBACK"));
  standby.answers(complete("ROLLBACK") + ready());
  EXPECT_EQ(client.got(), "C ROLLBACK | Z I");
  EXPECT_TRUE(standby.is_free());
  EXPECT_FALSE(standby.broken());
}

TEST_F(Transactions, ALockInAReadOnlyOneInTheExtendedProtocolFailsItToo) {
  is_reading_in_transaction();
  client.sends(prepared_and_run("SELECT pg_advisory_lock(1)"));
  EXPECT_EQ(
      standby.got(),
      "P - SELECT pg_advisory_lock(1) | Q the gateway refused the statement before this one | "
      "S");
  standby.answers(parsed() + error("42601") + ready('E') + ready('E'));
  EXPECT_EQ(client.got(), "1 | E 25006 | Z E");
}

TEST_F(Transactions, OneThatFailedBeforeItBeganOnAServerAcceptsItsEndAlone) {
  client.holds_requests = true;
  client.sends(query("BEGIN") + query("SELECT a FROM t"));
  client.is_refused({"40001", "behind the barrier", {}, {}});
  EXPECT_EQ(client.got(), "C BEGIN | Z T | E 40001 | Z E");
  client.sends(query("SELECT a FROM t") + query("SHOW tidemark.level") + query("BEGIN"));
  EXPECT_EQ(client.got(), "E 25P02 | Z E | E 25P02 | Z E | E 25P02 | Z E");
  client.sends(query("COMMIT"));
  EXPECT_EQ(client.got(), "C ROLLBACK | Z I");
  EXPECT_EQ(client.requests, 1);
}

TEST_F(Transactions, OneThatFailedHereSkipsBatchesToTheirSync) {
  client.holds_requests = true;
  client.sends(query("BEGIN") + query("SELECT a FROM t"));
  client.is_refused({"40001", "behind the barrier", {}, {}});
  client.got();
  client.sends(prepared_and_run("SELECT a FROM t"));
  EXPECT_EQ(client.got(), "E 25P02 | Z E");
  client.sends(prepared_and_run("ROLLBACK"));
  EXPECT_EQ(client.got(), "1 | 2 | n | C ROLLBACK | Z I");
}

TEST_F(Transactions, OneThatFailedHereIsNotHeldUpByAHugeMessage) {
  client.holds_requests = true;
  client.sends(query("BEGIN") + query("SELECT a FROM t"));
  client.is_refused({"40001", "behind the barrier", {}, {}});
  client.got();
  const std::string huge = "SELECT '" + std::string(Client::k_head_limit, 'x') + "'";
  client.sends(query(huge) + parse("", huge) + sync() + query("ROLLBACK"), 10'000);
  EXPECT_EQ(client.got(), "E 25P02 | Z E | E 25P02 | Z E | C ROLLBACK | Z I");
}

TEST_F(Transactions, ABeginThatTheServerRefusesEndsTheConversation) {
  client.sends(query("BEGIN") + query("SELECT a FROM t"));
  primary.answers(error("53200") + ready());
  EXPECT_EQ(client.got(), "C BEGIN | Z T | E FATAL 53200");
  EXPECT_TRUE(client.is_closed);
  EXPECT_TRUE(primary.broken());
}

TEST_F(Transactions, AnErrorOfTheServerIsTheClientsAndTheServerStays) {
  is_in_transaction();
  client.sends(query("SELECT 1/0"));
  primary.answers(error("22012") + ready('E'));
  EXPECT_EQ(client.got(), "E 22012 | Z E");
  EXPECT_FALSE(primary.is_free());
  client.sends(query("ROLLBACK"));
  primary.answers(complete("ROLLBACK") + ready());
  EXPECT_TRUE(primary.is_free());
}

TEST_F(Transactions, CommitAndChainKeepsTheServer) {
  is_in_transaction();
  client.sends(query("COMMIT AND CHAIN"));
  primary.answers(complete("COMMIT") + ready('T'));
  EXPECT_EQ(client.got(), "C COMMIT | Z T");
  EXPECT_FALSE(primary.is_free());
}

TEST_F(Transactions, BatchesMayBeginAndEndThem) {
  client.sends(parse("b", "BEGIN") + run("b") + parse("c", "COMMIT") + run("c"));
  EXPECT_EQ(client.got(), "1 | 2 | C BEGIN | Z T | 1 | 2 | C COMMIT | Z I");
  client.sends(bind_to("b") + execute() + bind_to("c") + execute() + sync());
  EXPECT_EQ(client.got(), "2 | C BEGIN | 2 | C COMMIT | Z I");
  EXPECT_EQ(client.requests, 0);
}

TEST_F(Transactions, ABatchThatBeginsAndGoesOnIsSentAsItIs) {
  client.sends(parse("", "BEGIN") + bind_to("") + execute() + parse("", "SELECT a FROM t") +
               bind_to("") + execute() + sync());
  EXPECT_EQ(primary.got(), "P - BEGIN | B - - | E - | P - SELECT a FROM t | B - - | E - | S");
  primary.answers(parsed() + bound() + complete("BEGIN") + parsed() + bound() + data_row({"1"}) +
                  complete("SELECT 1") + ready('T'));
  EXPECT_EQ(client.got(), "1 | 2 | C BEGIN | 1 | 2 | D 1 | C SELECT 1 | Z T");
  EXPECT_FALSE(primary.is_free());
}

TEST_F(Transactions, ABatchWithinABegunOneTakesItsPreludeAlong) {
  client.sends(query("BEGIN READ ONLY") + prepared_and_run("SELECT a FROM t"));
  EXPECT_EQ(standby.got(), "Q BEGIN READ ONLY | P - SELECT a FROM t | B - - | D P - | E - | S");
  standby.answers(complete("BEGIN") + ready('T') + parsed() + bound() + row("1") + ready('T'));
  EXPECT_EQ(client.got(), "C BEGIN | Z T | 1 | 2 | T a | D 1 | C SELECT 1 | Z T");
}

TEST_F(Transactions, AReadInOneLeavesTheMarkOfAWriteIfItWroteBefore) {
  is_in_transaction();
  client.sends(query("COMMIT"));
  primary.answers(complete("COMMIT") + ready());
  EXPECT_TRUE(has_written());
}

TEST_F(Transactions, SeveralStatementsInOneQueryMayOpenOne) {
  client.sends(query("BEGIN; INSERT INTO t VALUES (1)"));
  primary.answers(complete("BEGIN") + complete("INSERT 0 1") + ready('T'));
  EXPECT_EQ(client.got(), "C BEGIN | C INSERT 0 1 | Z T");
  EXPECT_FALSE(primary.is_free());
  client.sends(query("COMMIT"));
  primary.answers(complete("COMMIT") + ready());
  EXPECT_TRUE(primary.is_free());
}

TEST_F(Transactions, AFunctionCallInATransactionThatFailedHereIsAnswered) {
  client.holds_requests = true;
  client.sends(query("BEGIN") + query("SELECT a FROM t"));
  client.is_refused({"40001", "behind the barrier", {}, {}});
  client.got();
  client.sends(function_call());
  EXPECT_EQ(client.got(), "E 25P02 | Z E");
}

TEST_F(Transactions, AStrongReadInAReadOnlyTransactionOnAStandbyIsNotServedSilently) {
  is_reading_in_transaction();
  client.sends(query("SELECT a FROM t /* tidemark.level='strong' */"));
  EXPECT_NE(standby.got(), "Q SELECT a FROM t /* tidemark.level='strong' */");
}

TEST_F(Transactions, ALevelThatThereIsNotIsRefusedInATransactionToo) {
  is_in_transaction();
  client.sends(query("SELECT a FROM t /* tidemark.level='bogus' */"));
  primary.answers(error("42601") + ready('E'));
  EXPECT_EQ(client.got(), "E 22023 | Z E");
}

}  // namespace
}  // namespace tidemark::session
