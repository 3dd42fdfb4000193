// The extended protocol: batches up to a Sync, Flush without one, and pipelines of several.
#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;
using ExtendedProtocol = Conversation;

const std::string k_row_answer = parsed() + bound() + row("1") + ready();
constexpr const char* k_row_heard = "1 | 2 | T a | D 1 | C SELECT 1 | Z I";

TEST_F(ExtendedProtocol, ABatchOfAReadGoesToAStandby) {
  client.sends(prepared_and_run("SELECT a FROM t"));
  EXPECT_EQ(standby.got(), "P - SELECT a FROM t | B - - | D P - | E - | S");
  standby.answers(k_row_answer);
  EXPECT_EQ(client.got(), k_row_heard);
  EXPECT_TRUE(standby.is_free());
}

TEST_F(ExtendedProtocol, ABatchIsNotSentBeforeItsEndIsKnown) {
  const std::string batch = prepared_and_run("SELECT a FROM t");
  client.sends(batch.substr(0, batch.size() - 1));
  EXPECT_EQ(client.requests, 0);
  client.sends(batch.substr(batch.size() - 1));
  EXPECT_EQ(client.requests, 1);
}

TEST_F(ExtendedProtocol, ABatchWithAWriteAnywhereGoesToThePrimary) {
  client.sends(parse("", "SELECT a FROM t") + bind_to("") + execute() +
               parse("", "INSERT INTO t VALUES (1)") + bind_to("") + execute() + sync());
  EXPECT_FALSE(primary.is_free());
  EXPECT_TRUE(standby.is_free());
}

TEST_F(ExtendedProtocol, PreparingAReadAsksAStandby) {
  client.sends(parse("s", "SELECT a FROM t") + describe_statement("s") + sync());
  EXPECT_EQ(standby.got(), "P s SELECT a FROM t | D S s | S");
  standby.answers(parsed() + no_parameters() + row_description({"a"}) + ready());
  EXPECT_EQ(client.got(), "1 | t | T a | Z I");
}

TEST_F(ExtendedProtocol, ASyncAloneNeedsNoServer) {
  client.sends(sync() + query("BEGIN") + sync());
  EXPECT_EQ(client.got(), "Z I | C BEGIN | Z T | Z T");
  EXPECT_EQ(client.requests, 0);
}

TEST_F(ExtendedProtocol, AFlushSendsABatchWhoseEndIsNotKnownToThePrimary) {
  client.sends(parse("", "SELECT a FROM t") + describe_statement("") + flush());
  EXPECT_EQ(primary.got(), "P - SELECT a FROM t | D S - | H");
  primary.answers(parsed() + no_parameters() + row_description({"a"}));
  EXPECT_EQ(client.got(), "1 | t | T a");
  EXPECT_FALSE(primary.is_free());
  client.sends(bind_to("") + execute() + sync());
  EXPECT_EQ(primary.got(), "B - - | E - | S");
  primary.answers(bound() + data_row({"1"}) + complete("SELECT 1") + ready());
  EXPECT_EQ(client.got(), "2 | D 1 | C SELECT 1 | Z I");
  EXPECT_TRUE(primary.is_free());
}

TEST_F(ExtendedProtocol, PortalsAreFetchedFromPieceByPiece) {
  client.sends(parse("", "SELECT a FROM t") + bind_to("", "p") + execute("p", 1) + flush());
  primary.answers(parsed() + bound() + data_row({"1"}) + suspended());
  EXPECT_EQ(client.got(), "1 | 2 | D 1 | s");
  client.sends(execute("p", 1) + close_portal("p") + sync());
  primary.answers(data_row({"2"}) + complete("SELECT 1") + closed() + ready());
  EXPECT_EQ(client.got(), "D 2 | C SELECT 1 | 3 | Z I");
  EXPECT_TRUE(primary.is_free());
}

TEST_F(ExtendedProtocol, AnErrorSkipsToTheSyncAndTheServerIsGivenBack) {
  client.sends(prepared_and_run("INSERT INTO t VALUES (1)"));
  primary.answers(parsed() + bound() + no_data() + error("23505") + ready());
  EXPECT_EQ(client.got(), "1 | 2 | n | E 23505 | Z I");
  EXPECT_TRUE(primary.is_free());
  EXPECT_FALSE(primary.broken());
}

TEST_F(ExtendedProtocol, WhatIsSentBehindAnErrorIsSkippedUpToTheSync) {
  client.sends(parse("", "SELECT x FROM t") + flush());
  primary.answers(error("42703"));
  client.sends(bind_to("") + execute());
  EXPECT_EQ(client.got(), "E 42703");
  client.sends(sync());
  primary.answers(ready());
  EXPECT_EQ(client.got(), "Z I");
  EXPECT_TRUE(primary.is_free());
}

TEST_F(ExtendedProtocol, BatchesOfReadsFollowEachOtherToTheStandby) {
  client.sends(prepared_and_run("SELECT a FROM t"));
  standby.answers(parsed() + bound() + row_description({"a"}) + data_row({"1"}));
  forget();
  client.sends(prepared_and_run("SELECT b FROM t") + prepared_and_run("SELECT c FROM t"));
  EXPECT_EQ(standby.got(),
            "P - SELECT b FROM t | B - - | D P - | E - | S | "
            "P - SELECT c FROM t | B - - | D P - | E - | S");
  standby.answers(complete("SELECT 1") + ready() + k_row_answer);
  EXPECT_FALSE(standby.is_free());
  standby.answers(k_row_answer);
  EXPECT_TRUE(standby.is_free());
  EXPECT_EQ(client.requests, 1);
  EXPECT_EQ(client.machine().counts().units_on_standby, 3U);
}

TEST_F(ExtendedProtocol, AReadBehindOneThatMayRunAgainWaits) {
  client.sends(prepared_and_run("SELECT a FROM t") + prepared_and_run("SELECT b FROM t"));
  EXPECT_EQ(standby.got(), "P - SELECT a FROM t | B - - | D P - | E - | S");
  standby.answers(k_row_answer);
  EXPECT_EQ(standby.got(), "P - SELECT b FROM t | B - - | D P - | E - | S");
  standby.answers(k_row_answer);
  EXPECT_EQ(client.got(), std::string(k_row_heard) + " | " + k_row_heard);
}

TEST_F(ExtendedProtocol, UnderAKeyAReadBehindAReadOnAStandbyWaits) {
  client.sends(query("SET tidemark.session = 'user:42'"));
  client.sends(prepared_and_run("SELECT a FROM t"));
  standby.answers(parsed() + bound() + row_description({"a"}) + data_row({"1"}));
  forget();
  client.sends(prepared_and_run("SELECT b FROM t"));
  EXPECT_EQ(standby.got(), "") << "what others wrote meanwhile under the key is to be looked at";
  standby.answers(complete("SELECT 1") + ready());
  EXPECT_EQ(standby.got(), "P - SELECT b FROM t | B - - | D P - | E - | S");
  EXPECT_EQ(client.requests, 2);
}

TEST_F(ExtendedProtocol, AWriteBehindAReadOnAStandbyWaitsAndGoesToThePrimary) {
  client.sends(prepared_and_run("SELECT a FROM t"));
  standby.answers(parsed() + bound() + row_description({"a"}) + data_row({"1"}));
  client.sends(parse("i", "INSERT INTO t VALUES (1)") + run("i"));
  EXPECT_TRUE(primary.is_free());
  standby.answers(complete("SELECT 1") + ready());
  EXPECT_TRUE(standby.is_free());
  EXPECT_EQ(primary.got(), "P i INSERT INTO t VALUES (1) | B - i | E - | S");
}

TEST_F(ExtendedProtocol, AReadAtAnotherLevelBehindAReadOnAStandbyWaits) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(row_description({"a"}) + data_row({"1"}));
  client.sends(query("SELECT b FROM t /* tidemark.level='strong' */"));
  EXPECT_TRUE(primary.is_free());
  standby.answers(complete("SELECT 1") + ready());
  EXPECT_EQ(primary.got(), "Q SELECT b FROM t /* tidemark.level='strong' */");
}

TEST_F(ExtendedProtocol, EverythingFollowsAWriteToThePrimary) {
  client.sends(prepared_and_run("INSERT INTO t VALUES (1)") + prepared_and_run("SELECT a FROM t") +
               query("SELECT b FROM t"));
  EXPECT_EQ(primary.got(),
            "P - INSERT INTO t VALUES (1) | B - - | D P - | E - | S | "
            "P - SELECT a FROM t | B - - | D P - | E - | S | Q SELECT b FROM t");
  primary.answers(parsed() + bound() + no_data() + complete("INSERT 0 1") + ready() + k_row_answer);
  EXPECT_FALSE(primary.is_free());
  primary.answers(row("2") + ready());
  EXPECT_TRUE(primary.is_free());
  EXPECT_EQ(client.machine().counts().units_on_primary, 3U);
}

TEST_F(ExtendedProtocol, AnErrorInAPipelineFailsItsBatchAlone) {
  client.sends(prepared_and_run("INSERT INTO t VALUES (1)") + prepared_and_run("SELECT a FROM t"));
  primary.answers(error("42P01") + ready() + k_row_answer);
  EXPECT_EQ(client.got(), std::string("E 42P01 | Z I | ") + k_row_heard);
  EXPECT_TRUE(primary.is_free());
}

TEST_F(ExtendedProtocol, ATransactionOfSeveralSyncsMayBePipelined) {
  client.sends(parse("b", "BEGIN") + run("b") + parse("i", "INSERT INTO t VALUES (1)") + run("i") +
               parse("c", "COMMIT") + run("c"));
  EXPECT_EQ(primary.got(),
            "Q BEGIN | P i INSERT INTO t VALUES (1) | B - i | E - | S | P c COMMIT | B - c | E - | "
            "S");
  primary.answers(complete("BEGIN") + ready('T') + parsed() + bound() + complete("INSERT 0 1") +
                  ready('T') + parsed() + bound() + complete("COMMIT") + ready());
  EXPECT_EQ(client.got(),
            "1 | 2 | C BEGIN | Z T | 1 | 2 | C INSERT 0 1 | Z T | 1 | 2 | C COMMIT | Z I");
  EXPECT_TRUE(primary.is_free());
}

TEST_F(ExtendedProtocol, ABatchInterruptedByAQueryIsSentAsItIs) {
  client.sends(parse("", "SELECT a FROM t") + query("SELECT b FROM t"));
  EXPECT_EQ(primary.got(), "P - SELECT a FROM t | Q SELECT b FROM t");
  primary.answers(parsed() + row("1") + ready());
  EXPECT_EQ(client.got(), "1 | T a | D 1 | C SELECT 1 | Z I");
  EXPECT_TRUE(primary.is_free());
}

TEST_F(ExtendedProtocol, AnUnknownStatementIsTheServersToJudge) {
  client.sends(run("nowhere"));
  primary.answers(error("26000") + ready());
  standby.answers(error("26000") + ready());
  EXPECT_EQ(client.got(), "E 26000 | Z I");
}

TEST_F(ExtendedProtocol, ARefusedBatchIsSkippedToItsSync) {
  client.holds_requests = true;
  client.sends(prepared_and_run("SELECT a FROM t") + sync());
  client.is_refused({"40001", "no standby covers", {}, {}});
  EXPECT_EQ(client.got(), "E 40001 | Z I | Z I");
}

TEST_F(ExtendedProtocol, ARefusedBatchWithoutItsSyncIsSkippedToWhereItComes) {
  client.holds_requests = true;
  client.sends(parse("", "SELECT a FROM t") + flush());
  client.is_refused({"40001", "no primary", {}, {}});
  EXPECT_EQ(client.got(), "E 40001");
  client.sends(bind_to("") + execute() + flush());
  EXPECT_EQ(client.got(), "");
  client.sends(sync());
  EXPECT_EQ(client.got(), "Z I");
  EXPECT_EQ(client.requests, 1);
}

TEST_F(ExtendedProtocol, AMalformedMessageInABatchIsAProtocolViolation) {
  client.sends(parse("", "SELECT a FROM t") + std::string("D\0\0\0\6?\0", 7) + sync());
  EXPECT_EQ(primary.got(), "P - SELECT a FROM t | H");
  primary.answers(parsed());
  EXPECT_EQ(client.got(), "1 | E FATAL 08P01");
  EXPECT_TRUE(client.is_closed);
}

TEST_F(ExtendedProtocol, WhatComesBeforeAMessageThatCannotBeIsAnsweredFirst) {
  const std::string too_long = execute(std::string(10'000, 'p'));
  client.sends(query("BEGIN"));
  EXPECT_EQ(client.got(), "C BEGIN | Z T");
  client.sends(parse("", "INSERT INTO t VALUES (1)") + bind_to("") + too_long + sync());
  EXPECT_EQ(primary.got(), "Q BEGIN | P - INSERT INTO t VALUES (1) | B - - | H");
  primary.answers(complete("BEGIN") + ready('T'));
  EXPECT_FALSE(client.is_closed);
  primary.answers(parsed() + bound());
  EXPECT_EQ(client.got(), "1 | 2 | E FATAL 08P01");
  EXPECT_TRUE(client.is_closed);
}

TEST_F(ExtendedProtocol, AWriteBehindAReadInUnnamedStatements) {
  client.sends(prepared_and_run("SELECT a FROM t"));
  standby.answers(k_row_answer);
  client.sends(prepared_and_run("INSERT INTO t VALUES (1)"));
  EXPECT_EQ(primary.got(), "P - INSERT INTO t VALUES (1) | B - - | D P - | E - | S");
}

TEST_F(ExtendedProtocol, APipelinedTransactionOfUnnamedStatements) {
  client.sends(prepared_and_run("BEGIN") + prepared_and_run("INSERT INTO t VALUES (1)") +
               prepared_and_run("COMMIT"));
  EXPECT_EQ(primary.got(),
            "Q BEGIN | P - INSERT INTO t VALUES (1) | B - - | D P - | E - | S | "
            "P - COMMIT | B - - | D P - | E - | S");
  primary.answers(complete("BEGIN") + ready('T') + parsed() + bound() + no_data() +
                  complete("INSERT 0 1") + ready('T') + parsed() + bound() + no_data() +
                  complete("COMMIT") + ready());
  EXPECT_EQ(client.got(),
            "1 | 2 | n | C BEGIN | Z T | 1 | 2 | n | C INSERT 0 1 | Z T | 1 | 2 | n | C COMMIT | "
            "Z I");
  EXPECT_TRUE(primary.is_free());
}

TEST_F(ExtendedProtocol, AWriteBehindTheCommitOfAReadOnlyTransactionGoesToThePrimary) {
  is_reading_in_transaction();
  client.sends(query("COMMIT") + query("INSERT INTO t VALUES (1)"));
  EXPECT_EQ(standby.got(), "Q COMMIT");
  standby.answers(complete("COMMIT") + ready());
  EXPECT_EQ(primary.got(), "Q INSERT INTO t VALUES (1)");
}

TEST_F(ExtendedProtocol, AReadBehindTheCommitOfAReadOnlyTransactionHasItsOwnLevel) {
  is_reading_in_transaction();
  client.sends(query("COMMIT") + query("SELECT a FROM t /* tidemark.level='strong' */"));
  EXPECT_EQ(standby.got(), "Q COMMIT");
  standby.answers(complete("COMMIT") + ready());
  EXPECT_EQ(primary.got(), "Q SELECT a FROM t /* tidemark.level='strong' */");
}

TEST_F(ExtendedProtocol, DescribingAPortalThatThereIsNotIsItsOwnError) {
  client.sends(describe_portal("p") + sync());
  if (client.requests > 0) primary.answers(error("34000") + ready());
  EXPECT_EQ(client.got(), "E 34000 | Z I");
}

}  // namespace
}  // namespace tidemark::session
