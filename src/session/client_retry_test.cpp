// Withheld answers: a read that met an error of its node is run again, and nobody knows.
#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;
using Retries = Conversation;

TEST_F(Retries, ARecoveryConflictBeforeTheFirstRowIsRunElsewhere) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(row_description({"a"}) + error("40001"));
  EXPECT_FALSE(standby.is_free());
  standby.answers(ready());
  EXPECT_TRUE(standby.is_free());
  EXPECT_FALSE(standby.broken());
  EXPECT_EQ(client.got(), "");
  EXPECT_EQ(other.got(), "Q SELECT a FROM t");
  other.answers(row("1") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I");
  EXPECT_EQ(client.machine().counts().retries, 1U);
}

TEST_F(Retries, ABatchIsRunAgainWhole) {
  client.sends(parse("s", "SELECT a FROM t") + bind_to("s") + describe_portal() + execute() +
               sync());
  standby.answers(parsed() + bound() + row_description({"a"}) + error("40001") + ready());
  EXPECT_EQ(client.got(), "");
  EXPECT_EQ(other.got(), "P s SELECT a FROM t | B - s | D P - | E - | S");
  other.answers(parsed() + bound() + row("1") + ready());
  EXPECT_EQ(client.got(), "1 | 2 | T a | D 1 | C SELECT 1 | Z I");
}

TEST_F(Retries, AConflictBehindRowsThatTheClientHasIsTheClients) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(row_description({"a"}) + data_row({"1"}));
  EXPECT_EQ(client.got(), "T a | D 1");
  standby.answers(error("40001") + ready());
  EXPECT_EQ(client.got(), "E 40001 | Z I");
  EXPECT_EQ(client.requests, 1);
}

TEST_F(Retries, AConflictThatComesWithTheFirstRowsIsRunElsewhere) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(row_description({"a"}) + data_row({"1"}) + data_row({"2"}) + error("40001") +
                  ready());
  EXPECT_EQ(client.got(), "");
  other.answers(row("1") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I");
}

TEST_F(Retries, AConflictBehindAStatementThatIsOverIsTheClients) {
  client.sends(query("SELECT a FROM t; SELECT a FROM t"));
  standby.answers(row("1") + row_description({"a"}) + error("40001") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | T a | E 40001 | Z I");
  EXPECT_EQ(client.requests, 1);
}

TEST_F(Retries, NamesOfTheGatewaysOwnStatementsAreTakenBackToBeGivenAgain) {
  client.sends(parse("s", "SET tidemark.level = 'eventual'") + prepared_and_run("SELECT a FROM t"));
  standby.answers(parsed() + bound() + error("40001") + ready());
  EXPECT_EQ(client.got(), "");
  other.answers(parsed() + bound() + row("1") + ready());
  EXPECT_EQ(client.got(), "1 | 1 | 2 | T a | D 1 | C SELECT 1 | Z I");
}

TEST_F(Retries, WhatWasToForgetNamesAndCouldNotBeRunForgetsNone) {
  client.sends(parse("s", "SELECT a FROM t") + sync());
  standby.answers(parsed() + ready());
  EXPECT_EQ(client.got(), "1 | Z I");
  client.holds_requests = true;
  client.sends(query("DISCARD ALL"));
  client.goes_to(standby);
  standby.is_lost();
  client.is_refused({"57P03", "no node is available", {}, {}});
  EXPECT_EQ(client.got(), "E 57P03 | Z I");
  client.sends(query("SELECT a FROM t"));
  client.goes_to(other);
  EXPECT_EQ(other.got(), "Q SELECT a FROM t");
  other.answers(row("1") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I");
  client.sends(bind_to("s") + execute() + sync());
  client.goes_to(other);
  EXPECT_EQ(other.got(), "P s SELECT a FROM t | B - s | E - | S");
}

TEST_F(Retries, AnErrorOfTheStatementFollowsTheRowsThatCameWithIt) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(row_description({"a"}) + data_row({"1"}) + error("22012") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | E 22012 | Z I");
  EXPECT_EQ(client.requests, 1);
}

TEST_F(Retries, AnErrorOfTheStatementIsTheClients) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(row_description({"a"}) + error("22012") + ready());
  EXPECT_EQ(client.got(), "T a | E 22012 | Z I");
  EXPECT_EQ(client.requests, 1);
}

TEST_F(Retries, ANoticeIsHeldBackWithTheAnswer) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(notice("01000") + error("40001") + ready());
  other.answers(row("1") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I");
}

TEST_F(Retries, WithoutStandbysLeftThePrimaryAnswers) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(error("40001") + ready());
  other.answers(error("40001") + ready());
  EXPECT_EQ(primary.got(), "Q SELECT a FROM t");
  primary.answers(row("1") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I");
  EXPECT_EQ(client.machine().counts().units_on_primary, 1U);
}

TEST_F(Retries, AReadThatTurnsOutToWriteCountsAsAWriteOfAnything) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(error("25006") + ready());
  other.answers(error("25006") + ready());
  primary.answers(row("1") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I");
  EXPECT_TRUE(has_written());
  EXPECT_EQ(client.writes, "[any!]over");
  client.sends(query("SELECT a FROM t"));
  standby.answers(error("40001") + ready());
  other.answers(row("1") + ready());
  EXPECT_EQ(client.writes, "[any!]over") << "a read as before";
}

TEST_F(Retries, OnThePrimaryNothingIsHeldBack) {
  client.sends(query("INSERT INTO t VALUES (1)"));
  primary.answers(error("40001") + ready());
  EXPECT_EQ(client.got(), "E 40001 | Z I");
  EXPECT_EQ(client.requests, 1);
}

TEST_F(Retries, InATransactionTheErrorIsTheClients) {
  is_reading_in_transaction();
  client.sends(query("SELECT a FROM t"));
  standby.answers(error("40001") + ready('E'));
  EXPECT_EQ(client.got(), "E 40001 | Z E");
}

TEST_F(Retries, ThereIsALimit) {
  client.holds_requests = true;
  client.sends(query("SELECT a FROM t"));
  for (int i = 0; i <= Client::k_max_retries; ++i) {
    client.goes_to(standby);
    EXPECT_EQ(client.got(), "");
    standby.answers(error("40001") + ready());
  }
  EXPECT_EQ(client.got(), "E 40001 | Z I");
  EXPECT_FALSE(client.has_request);
}

TEST_F(Retries, ARetryThatCannotBeServedIsAnError) {
  client.holds_requests = true;
  client.sends(query("SELECT a FROM t"));
  client.goes_to(standby);
  standby.answers(error("40001") + ready());
  client.is_refused({"40001", "no node covers", {}, {}});
  EXPECT_EQ(client.got(), "E 40001 | Z I");
}

TEST_F(Retries, TheNodeThatFailedIsNotTriedAgain) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(error("57P04") + ready());
  EXPECT_EQ(client.machine().request().excluded, consistency::node_bit(1));
}

TEST_F(Retries, AStandbyThatShutsDownIsReplaced) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(error("57P01", "FATAL"));
  standby.is_lost();
  EXPECT_EQ(client.got(), "");
  EXPECT_EQ(other.got(), "Q SELECT a FROM t");
  other.answers(row("1") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I");
}

TEST_F(Retries, WhatFailedOnTheFirstNodeHasNotFailed) {
  client.sends(parse("s", "SELECT a FROM t") + sync());
  standby.answers(parsed() + ready());
  client.holds_requests = true;
  client.sends(query("DISCARD ALL"));
  client.goes_to(standby);
  standby.answers(error("57P01", "FATAL"));
  standby.is_lost();
  client.goes_to(other);
  other.answers(complete("DISCARD ALL") + ready());
  forget();
  client.sends(run("s"));
  client.goes_to(other);
  EXPECT_EQ(other.got(), "B - s | E - | S") << "nobody has the name any more";
}

TEST_F(Retries, AStandbyLostBeforeTheFirstRowIsReplaced) {
  client.sends(prepared_and_run("SELECT a FROM t"));
  standby.answers(parsed() + bound());
  standby.is_lost();
  EXPECT_EQ(client.got(), "");
  other.answers(parsed() + bound() + row("1") + ready());
  EXPECT_EQ(client.got(), "1 | 2 | T a | D 1 | C SELECT 1 | Z I");
}

TEST_F(Retries, AStandbyLostInTheMiddleOfAHeldFrameIsReplaced) {
  client.sends(query("SELECT a FROM t"));
  const std::string wide = row_description({std::string(100'000, 'x')});
  standby.answers(std::string_view(wide).substr(0, 90'000));
  standby.is_lost();
  EXPECT_EQ(client.got(), "");
  EXPECT_EQ(other.got(), "Q SELECT a FROM t");
}

TEST_F(Retries, AStandbyLostBehindTheFirstRowIsTheClientsLoss) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(row_description({"a"}) + data_row({"1"}));
  standby.is_lost();
  EXPECT_EQ(client.got(), "T a | D 1 | E FATAL 08006");
  EXPECT_TRUE(client.is_closed);
}

TEST_F(Retries, AStandbyThatStopsAtOnceIsReplacedBehindTheFirstRows) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(row_description({"a"}) + data_row({"1"}) + notice("57P01"));
  standby.is_lost();
  EXPECT_EQ(client.got(), "");
  other.answers(row("1") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I");
}

TEST_F(Retries, AFarewellThatWasNoneIsForwardedInItsPlace) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(row_description({"a"}) + data_row({"1"}) + notice("57P02"));
  EXPECT_EQ(client.got(), "");
  standby.answers(data_row({"2"}) + complete("SELECT 2") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | N 57P02 | D 2 | C SELECT 2 | Z I");
}

TEST_F(Retries, AServerLostInTheMiddleOfAFrameLeavesNothingToSay) {
  client.sends(query("SELECT a FROM t"));
  const std::string long_row = row_description({"a"}) + data_row({std::string(1000, 'x')});
  standby.answers(std::string_view(long_row).substr(0, 500));
  standby.is_lost();
  EXPECT_TRUE(client.is_closed);
  EXPECT_EQ(client.received(), long_row.substr(0, 500));
}

TEST_F(Retries, AServerLostWithAWriteRaisesItsMark) {
  client.now = Instant(std::chrono::seconds(7));
  client.sends(query("INSERT INTO t VALUES (1)"));
  primary.is_lost();
  EXPECT_EQ(client.got(), "E FATAL 08006");
  EXPECT_TRUE(has_written());
}

TEST_F(Retries, TheServersOwnFarewellIsNotRepeated) {
  is_in_transaction();
  primary.answers(error("57P01", "FATAL"));
  primary.is_lost();
  EXPECT_EQ(client.got(), "E FATAL 57P01");
  EXPECT_TRUE(client.is_closed);
}

TEST_F(Retries, AnErrorOfAWriteStillRaisesItsMark) {
  client.sends(query("INSERT INTO t VALUES (1)"));
  primary.answers(error("57014") + ready());
  EXPECT_TRUE(has_written());
}

}  // namespace
}  // namespace tidemark::session
