// What a client is told is whole frames in the order of its messages, and a server that is given
// back owes nothing: frames in pieces, messages where none is expected, last words.
#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;
using Frames = Conversation;

TEST_F(Frames, NothingOfTheGatewaysOwnIsPutWithinANotification) {
  client.sends(query("LISTEN c"));
  primary.answers(complete("LISTEN") + ready());
  forget();
  const std::string event = notification("c");
  primary.answers(std::string_view(event).substr(0, 7));
  client.sends(query("SHOW tidemark.level"));
  EXPECT_EQ(client.got(), "T tidemark.level | D session | C SHOW | Z I");
  primary.answers(std::string_view(event).substr(7));
  EXPECT_EQ(client.got(), "A");
}

TEST_F(Frames, ANoticeThatBeganInThePoolIsNotHalfToldToTheNextClient) {
  says("INSERT INTO t VALUES (1)", primary, complete("INSERT 0 1") + ready());
  const std::string warning = notice("01000");
  primary.answers(std::string_view(warning).substr(0, 7));
  client.sends(query("INSERT INTO t VALUES (2)"));
  primary.answers(warning.substr(7) + complete("INSERT 0 1") + ready());
  EXPECT_EQ(client.got(), "N 01000 | C INSERT 0 1 | Z I");
}

TEST_F(Frames, WhatMayNotComeDuringCopyInEndsTheConversationAtOnce) {
  for (const std::string& message :
       {query("SET tidemark.level = 'strong'"), query("SELECT 1"), parse("", "SELECT 1"),
        std::string("?\0\0\0\4", 5), std::string("D\0\0\0\6X\0", 7)}) {
    ScriptedClient other_client({&primary, &standby}, 2);
    other_client.logs_in();
    other_client.got();
    other_client.sends(query("COPY t FROM STDIN"));
    primary.answers(copy_in());
    other_client.sends(message);
    EXPECT_EQ(other_client.got(), "G | E FATAL 08P01");
    EXPECT_TRUE(other_client.is_closed);
    EXPECT_TRUE(primary.broken());
  }
}

TEST_F(Frames, DataOfACopyDoesNotWaitForTheEndOfItsUnit) {
  client.sends(query("DEALLOCATE ALL; COPY t FROM STDIN"));
  primary.answers(complete("DEALLOCATE ALL") + copy_in());
  client.sends(copy_data("1") + copy_done());
  EXPECT_TRUE(primary.got().ends_with("d 1 | c"));
  primary.answers(complete("COPY 1") + ready());
  EXPECT_EQ(client.got(), "C DEALLOCATE ALL | G | C COPY 1 | Z I");
}

TEST_F(Frames, NothingFollowsTheLastWordOfAServer) {
  is_in_transaction();
  primary.answers(error("57P01", "FATAL"));
  client.sends(query("SHOW tidemark.level"));
  client.is_shut_down();
  primary.is_lost();
  EXPECT_EQ(client.got(), "E FATAL 57P01");
  EXPECT_TRUE(client.is_closed);
}

TEST_F(Frames, ASessionThatIsEndedWithinARowIsToldNoMore) {
  client.sends(query("SELECT a FROM t"));
  const std::string answer = row("a row");
  standby.answers(std::string_view(answer).substr(0, answer.size() - 18));
  const std::size_t told = client.received().size();
  EXPECT_GT(told, 0U);
  client.machine().end_session();
  client.pump();
  EXPECT_TRUE(client.is_closed);
  EXPECT_EQ(client.received(), "");
}

// Behind an error in a batch PostgreSQL ignores everything up to the Sync, Query included.
TEST_F(Frames, AServerThatSkipsToASyncIsNotGivenBackBeforeThat) {
  client.sends(parse("", "INSERT INTO t VALUES (1)") + flush());
  primary.answers(error("42601"));
  client.sends(query("SELECT 1") + query("SHOW tidemark.level"));
  EXPECT_EQ(client.got(), "E 42601");
  EXPECT_FALSE(primary.is_free());
  client.sends(sync());
  primary.answers(ready());
  EXPECT_EQ(client.got(), "Z I");
  EXPECT_TRUE(primary.is_free());
  EXPECT_EQ(says("SELECT a FROM t", standby, row("1") + ready()), "T a | D 1 | C SELECT 1 | Z I");
}

TEST_F(Frames, AQueryBehindTheErrorOfABatchDoesNotGiveItsServerBack) {
  client.sends(parse("", "INSERT INTO t VALUES (1)") + query("BEGIN"));
  primary.answers(error("42601"));
  client.sends(query("SELECT 1"));
  EXPECT_FALSE(primary.is_free());
  client.sends(sync());
  primary.answers(ready());
  EXPECT_EQ(client.got(), "E 42601 | Z I");
  EXPECT_TRUE(primary.is_free());
}

// Refused in a transaction alone: behind a ROLLBACK that is under way it is not.
TEST_F(Frames, AQueryIsNotRefusedForATransactionThatMayBeOver) {
  is_in_transaction();
  client.sends(query("ROLLBACK") + query("SELECT a FROM t; SET tidemark.level = 'eventual'"));
  primary.answers(complete("ROLLBACK") + ready());
  EXPECT_EQ(client.got(), "C ROLLBACK | Z I | E 0A000 | Z I");
}

TEST_F(Frames, TheGatewayAnswersInABatchWhenTheUnitsBeforeItAreAnswered) {
  is_in_transaction();
  client.sends(query("SELECT 1/0") + prepared_and_run("SHOW tidemark.level"));
  primary.answers(error("22012") + ready('E'));
  EXPECT_EQ(client.got(), "E 22012 | Z E | E 25P02");
  primary.answers(ready('E'));
  EXPECT_EQ(client.got(), "Z E");
}

TEST_F(Frames, AStatementThatExecutesItselfIsRefusedInATransaction) {
  is_in_transaction();
  client.sends(parse("s", "EXECUTE s") + bind_to("s") + execute() + sync());
  primary.answers(parsed());
  EXPECT_EQ(client.got(), "1 | E 54001");
}

TEST_F(Frames, ATokenInABatchCoversTheUnitsBeforeIt) {
  client.sends(query("INSERT INTO t VALUES (1)") + prepared_and_run("SHOW tidemark.token"));
  primary.answers(complete("INSERT 0 1") + ready());
  EXPECT_EQ(client.got(),
            "C INSERT 0 1 | Z I | 1 | 2 | T tidemark.token | D token 1 | C SHOW | Z I");
}

}  // namespace
}  // namespace tidemark::session
