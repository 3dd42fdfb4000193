// Simple queries: where they go, how their answers come back, and what is malformed.
#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;
using SimpleQueries = Conversation;

TEST_F(SimpleQueries, AReadGoesToAStandbyAndItsAnswerToTheClient) {
  client.sends(query("SELECT a FROM t"));
  EXPECT_EQ(standby.got(), "Q SELECT a FROM t");
  standby.answers(row("1") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I");
  EXPECT_TRUE(standby.is_free());
  EXPECT_FALSE(standby.broken());
  EXPECT_EQ(client.machine().counts().units_on_standby, 1U);
}

TEST_F(SimpleQueries, AWriteGoesToThePrimaryAndRaisesItsMark) {
  client.now = Instant(std::chrono::seconds(5));
  EXPECT_EQ(says("INSERT INTO t VALUES (1)", primary, complete("INSERT 0 1") + ready()),
            "C INSERT 0 1 | Z I");
  // One for what it wrote, one for what it may have read on the way.
  const auto marks = client.machine().session().marks();
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_TRUE(marks[0].is_write);
  EXPECT_EQ(marks[0].mark.node, 0U);
  EXPECT_EQ(marks[0].mark.at, client.now);
  EXPECT_EQ(client.machine().counts().units_on_primary, 1U);
}

TEST_F(SimpleQueries, AReadLeavesTheMarkOfARead) {
  says("SELECT a FROM t", standby, row("1") + ready());
  const auto marks = client.machine().session().marks();
  ASSERT_EQ(marks.size(), 1U);
  EXPECT_FALSE(marks[0].is_write);
  EXPECT_EQ(marks[0].mark.node, 1U);
}

TEST_F(SimpleQueries, ALevelInACommentCountsForItsStatementAlone) {
  client.sends(query("SELECT a FROM t /* tidemark.level='strong' */"));
  primary.answers(row("1") + ready());
  EXPECT_TRUE(client.machine().last_route()->promise.strong);
  says("SELECT a FROM t", standby, row("1") + ready());
  EXPECT_FALSE(client.machine().last_route()->promise.strong);
}

TEST_F(SimpleQueries, ALevelThatThereIsNotIsRefusedAndTheConversationGoesOn) {
  client.sends(query("SELECT a FROM t /* tidemark.level='bogus' */"));
  EXPECT_EQ(client.got(), "E 22023 | Z I");
  EXPECT_EQ(client.requests, 0);
  EXPECT_EQ(says("SELECT a FROM t", standby, row("1") + ready()), "T a | D 1 | C SELECT 1 | Z I");
}

TEST_F(SimpleQueries, ARequestThatCannotBeServedIsAnError) {
  client.holds_requests = true;
  client.sends(query("SELECT a FROM t"));
  EXPECT_TRUE(client.machine().waits());
  client.is_refused({"40001", "no standby covers", {}, {}});
  EXPECT_EQ(client.got(), "E 40001 | Z I");
  EXPECT_FALSE(client.machine().waits());
}

TEST_F(SimpleQueries, WhatIsSentBehindARequestWaitsForIt) {
  client.holds_requests = true;
  client.sends(query("SELECT a FROM t") + query("INSERT INTO t VALUES (1)"));
  EXPECT_FALSE(client.machine().wants_input());
  client.is_refused({"40001", "no standby covers", {}, {}});
  EXPECT_EQ(client.got(), "E 40001 | Z I");
  ASSERT_TRUE(client.has_request);
  client.goes_to(primary);
  EXPECT_EQ(primary.got(), "Q INSERT INTO t VALUES (1)");
}

TEST_F(SimpleQueries, AWarningOfTheGatewayComesBeforeTheAnswer) {
  client.machine().warn({"01000", "writes were lost", {}, {}});
  EXPECT_EQ(says("SELECT a FROM t", standby, row("1") + ready()),
            "N 01000 | T a | D 1 | C SELECT 1 | Z I");
}

TEST_F(SimpleQueries, NoticesAndNotificationsOfTheServerAreTheClients) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(notice("01000") + row("1") + notification("news") + ready());
  EXPECT_EQ(client.got(), "N 01000 | T a | D 1 | C SELECT 1 | A | Z I");
}

TEST_F(SimpleQueries, ChangedParametersAreToldOnceAndFollowTheClient) {
  client.sends(query("SELECT set_config('TimeZone', 'UTC', true)"));
  ScriptedServer& server = primary.is_free() ? standby : primary;
  server.answers(row("UTC") + parameter("TimeZone", "UTC") + ready());
  EXPECT_EQ(client.got(), "T a | D UTC | C SELECT 1 | S TimeZone=UTC | Z I");
}

TEST_F(SimpleQueries, AParameterInWhichTheNextServerDiffersIsTold) {
  standby.answers(parameter("TimeZone", "UTC"));
  EXPECT_EQ(says("SELECT a FROM t", standby, row("1") + ready()),
            "S TimeZone=UTC | T a | D 1 | C SELECT 1 | Z I");
  EXPECT_EQ(says("SELECT a FROM t", standby, row("1") + ready()), "T a | D 1 | C SELECT 1 | Z I");
}

TEST_F(SimpleQueries, ThatAServerIsAStandbyIsNotTold) {
  standby.answers(parameter("in_hot_standby", "on"));
  EXPECT_EQ(says("SELECT a FROM t", standby, row("1") + ready()), "T a | D 1 | C SELECT 1 | Z I");
}

TEST_F(SimpleQueries, AnEmptyQueryIsAnsweredByAServer) {
  client.sends(query(""));
  EXPECT_EQ(primary.got(), "Q");
  primary.answers(made(wire::append_empty_query_response) + ready());
  EXPECT_EQ(client.got(), "I | Z I");
}

TEST_F(SimpleQueries, AFunctionCallGoesToThePrimary) {
  client.sends(function_call());
  EXPECT_EQ(primary.got(), "F");
  primary.answers(made([](std::string& out) { wire::Writer(out, 'V').int32(0xffffffff); }) +
                  ready());
  EXPECT_EQ(client.got(), "V | Z I");
  EXPECT_EQ(primary.got(), "Q <probe>");
}

TEST_F(SimpleQueries, DdlHasTheCatalogueReadAgain) {
  says("CREATE TABLE x (a int)", primary, complete("CREATE TABLE") + ready());
  EXPECT_EQ(client.catalogue_changes, 1);
}

TEST_F(SimpleQueries, DroppingADatabaseClosesIdleConnectionsToItFirst) {
  client.holds_requests = true;
  client.sends(query("DROP DATABASE shop"));
  EXPECT_EQ(client.affected_database, "shop");
}

TEST_F(SimpleQueries, AnUnknownMessageIsAProtocolViolation) {
  client.sends(std::string("?\0\0\0\4", 5));
  EXPECT_EQ(client.got(), "E FATAL 08P01");
  EXPECT_TRUE(client.is_closed);
}

TEST_F(SimpleQueries, ALengthThatCannotBeIsAProtocolViolation) {
  client.sends(std::string("Q\0\0\0\3", 5));
  EXPECT_EQ(client.got(), "E FATAL 08P01");
  EXPECT_TRUE(client.is_closed);
}

TEST_F(SimpleQueries, AQueryWithoutItsEndIsAProtocolViolation) {
  client.sends(std::string("Q\0\0\0\5x", 6));
  EXPECT_EQ(client.got(), "E FATAL 08P01");
  EXPECT_TRUE(client.is_closed);
  EXPECT_TRUE(primary.is_free() && standby.is_free() && other.is_free());
}

TEST_F(SimpleQueries, AMalformedMessageInATransactionTakesItsServerAway) {
  is_in_transaction();
  client.sends(std::string("?\0\0\0\4", 5));
  EXPECT_EQ(client.got(), "E FATAL 08P01");
  EXPECT_TRUE(primary.is_free());
  EXPECT_TRUE(primary.broken());
}

TEST_F(SimpleQueries, TerminateClosesAndGivesBackNothingThatIsInUse) {
  client.sends(terminate());
  EXPECT_TRUE(client.is_closed);
  EXPECT_EQ(client.got(), "");
}

TEST_F(SimpleQueries, TerminateInATransactionTakesItsServerAway) {
  is_in_transaction();
  client.sends(terminate());
  EXPECT_TRUE(client.is_closed);
  EXPECT_TRUE(primary.broken());
}

TEST_F(SimpleQueries, WhatWasSentBeforeTerminateIsCarriedOut) {
  client.sends(query("INSERT INTO t VALUES (1)") + terminate());
  EXPECT_EQ(primary.got(), "Q INSERT INTO t VALUES (1)");
  EXPECT_FALSE(client.is_closed);
  primary.answers(complete("INSERT 0 1") + ready());
  EXPECT_TRUE(client.is_closed);
  EXPECT_FALSE(primary.broken());
}

TEST_F(SimpleQueries, AClientThatIsGoneMidwayTakesItsServerAway) {
  client.sends(query("INSERT INTO t VALUES (1)"));
  client.hangs_up();
  EXPECT_TRUE(primary.is_free());
  EXPECT_TRUE(primary.broken());
}

TEST_F(SimpleQueries, AMalformedMessageIsToldInItsTurn) {
  client.sends(query("SELECT a FROM t") + std::string("?\0\0\0\4", 5));
  EXPECT_EQ(client.got(), "");
  standby.answers(row("1") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I | E FATAL 08P01");
}

TEST_F(SimpleQueries, AServerThatSpeaksNonsenseIsLost) {
  client.sends(query("INSERT INTO t VALUES (1)"));
  primary.answers(std::string("\0\0\0\0\0\0", 6));
  EXPECT_EQ(client.got(), "E FATAL 08P01");
  EXPECT_TRUE(client.is_closed);
}

TEST_F(SimpleQueries, AMalformedQueryWaitsForTheAnswersBeforeIt) {
  is_in_transaction();
  client.sends(query("SELECT a FROM t") + std::string("Q\0\0\0\5x", 6));
  const std::string answer = data_row({std::string(1000, 'x')}) + complete("SELECT 1") + ready('T');
  primary.answers(std::string_view(answer).substr(0, 500));
  EXPECT_FALSE(client.is_closed);
  primary.answers(std::string_view(answer).substr(500));
  EXPECT_EQ(client.got(), "D <1000 bytes> | C SELECT 1 | Z T | E FATAL 08P01");
}

}  // namespace
}  // namespace tidemark::session
