// Prepared statements follow their client from server to server.
#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;

class PreparedStatements : public Conversation {
 protected:
  // Parse s, on a standby.
  void prepares(std::string_view sql) {
    client.sends(parse("s", sql) + sync());
    standby.answers(parsed() + ready());
    forget();
  }
  void leaves_behind(ScriptedServer& server, std::string_view sql) {
    auto left = std::make_shared<Prepared>();
    left->text = sql;
    server.machine().names().set("s", std::move(left));
  }
};

TEST_F(PreparedStatements, OneIsUsedWhereItIs) {
  prepares("SELECT a FROM t");
  client.sends(run("s"));
  EXPECT_EQ(standby.got(), "B - s | E - | S");
}

TEST_F(PreparedStatements, OneIsParsedAgainOnAnotherServerUnseen) {
  prepares("SELECT a FROM t");
  is_in_transaction();
  client.sends(run("s"));
  EXPECT_EQ(primary.got(), "P s SELECT a FROM t | B - s | E - | S");
  primary.answers(parsed() + bound() + data_row({"1"}) + complete("SELECT 1") + ready('T'));
  EXPECT_EQ(client.got(), "2 | D 1 | C SELECT 1 | Z T");
  client.sends(run("s"));
  EXPECT_EQ(primary.got(), "B - s | E - | S");
}

TEST_F(PreparedStatements, DescribingOneBringsIt) {
  prepares("SELECT a FROM t");
  is_in_transaction();
  client.sends(describe_statement("s") + sync());
  EXPECT_EQ(primary.got(), "P s SELECT a FROM t | D S s | S");
  primary.answers(parsed() + no_parameters() + row_description({"a"}) + ready('T'));
  EXPECT_EQ(client.got(), "t | T a | Z T");
}

TEST_F(PreparedStatements, WhatAnExecutedOneExecutesIsTakenForAnything) {
  prepares("EXECUTE w");
  client.sends(query("EXECUTE s"));
  EXPECT_TRUE(client.machine().request().needs_primary);
  EXPECT_TRUE(client.machine().request().tables.any());
  primary.answers(parsed() + complete("INSERT 0 1") + ready());
  forget();

  client.sends(parse("", "EXECUTE s") + bind_to("") + execute() + sync());
  EXPECT_TRUE(client.machine().request().needs_primary);
  EXPECT_TRUE(client.machine().request().tables.any());
}

TEST_F(PreparedStatements, WhatAnotherClientLeftIsClosedFirst) {
  leaves_behind(primary, "DELETE FROM t");
  is_in_transaction();
  client.sends(parse("s", "INSERT INTO t VALUES (1)") + sync());
  EXPECT_EQ(primary.got(), "C S s | P s INSERT INTO t VALUES (1) | S");
  primary.answers(closed() + parsed() + ready('T'));
  EXPECT_EQ(client.got(), "1 | Z T");
}

TEST_F(PreparedStatements, WhatAnotherClientLeftIsNeverRun) {
  leaves_behind(primary, "DELETE FROM t");
  is_in_transaction();
  client.sends(run("s"));
  EXPECT_EQ(primary.got(), "C S s | B - s | E - | S");
  primary.answers(closed() + error("26000") + ready('E'));
  EXPECT_EQ(client.got(), "E 26000 | Z E");
}

TEST_F(PreparedStatements, TheSameLeftByAnotherClientIsTaken) {
  prepares("SELECT a FROM t");
  leaves_behind(primary, "SELECT a FROM t");
  is_in_transaction();
  client.sends(run("s"));
  EXPECT_EQ(primary.got(), "B - s | E - | S");
}

TEST_F(PreparedStatements, OneThatTheServerRefusesDoesNotExist) {
  client.sends(parse("s", "SELECT x FROM t") + sync());
  standby.answers(error("42703") + ready());
  EXPECT_EQ(client.got(), "E 42703 | Z I");
  EXPECT_EQ(standby.machine().names().find("s"), nullptr);
  prepares("SELECT a FROM t");
  EXPECT_NE(standby.machine().names().find("s"), nullptr);
}

TEST_F(PreparedStatements, OneThatIsSkippedBehindAnErrorDoesNotExist) {
  client.sends(parse("", "SELECT x FROM t") + parse("s", "SELECT a FROM t") + sync());
  standby.answers(error("42703") + ready());
  EXPECT_EQ(standby.machine().names().find("s"), nullptr);
}

TEST_F(PreparedStatements, CloseThatIsSkippedClosesNothing) {
  prepares("SELECT a FROM t");
  client.sends(bind_to("t") + close_statement("s") + sync());
  ScriptedServer& server = primary.is_free() ? standby : primary;
  server.answers(error("26000") + ready());
  forget();
  is_in_transaction();
  client.sends(run("s"));
  EXPECT_EQ(primary.got(), "P s SELECT a FROM t | B - s | E - | S");
}

TEST_F(PreparedStatements, OneThatExistsIsTheServersToRefuse) {
  prepares("SELECT a FROM t");
  client.sends(parse("s", "SELECT b FROM t") + sync());
  EXPECT_EQ(standby.got(), "P s SELECT b FROM t | S");
  standby.answers(error("42P05") + ready());
  EXPECT_EQ(client.got(), "E 42P05 | Z I");
  client.sends(run("s"));
  EXPECT_EQ(standby.got(), "B - s | E - | S");
}

TEST_F(PreparedStatements, OneThatCanNoLongerBeParsedIsTheClientsError) {
  prepares("SELECT a FROM t");
  is_in_transaction();
  client.sends(run("s"));
  primary.answers(error("42P01") + ready('E'));
  EXPECT_EQ(client.got(), "E 42P01 | Z E");
  EXPECT_EQ(primary.machine().names().find("s"), nullptr);
}

TEST_F(PreparedStatements, ClosedHereItIsClosedWhereItWasLeft) {
  prepares("SELECT a FROM t");
  client.sends(close_statement("s") + sync());
  EXPECT_EQ(client.got(), "3 | Z I");
  client.sends(parse("s", "SELECT b FROM t") + sync());
  EXPECT_EQ(standby.got(), "C S s | P s SELECT b FROM t | S");
}

TEST_F(PreparedStatements, TheUnnamedOneFollowsToo) {
  client.sends(parse("", "SELECT a FROM t") + sync());
  standby.answers(parsed() + ready());
  client.sends(parse("b", "BEGIN") + run("b"));
  client.sends(run(""));
  EXPECT_EQ(primary.got(), "Q BEGIN | P - SELECT a FROM t | B - - | E - | S");
}

TEST_F(PreparedStatements, AQueryForgetsTheUnnamedOne) {
  client.sends(parse("", "SELECT a FROM t") + sync());
  standby.answers(parsed() + ready());
  says("SELECT b FROM t", standby, row("1") + ready());
  EXPECT_EQ(standby.machine().names().find(""), nullptr);
}

TEST_F(PreparedStatements, SqlPrepareIsRepeatedOnAnotherServerBeforeExecute) {
  client.sends(query("PREPARE s AS SELECT a FROM t"));
  ScriptedServer& first = primary.is_free() ? standby : primary;
  first.answers(complete("PREPARE") + ready());
  EXPECT_EQ(client.got(), "C PREPARE | Z I");
  ScriptedServer& second = &first == &primary ? standby : primary;
  client.sends(query(&second == &primary ? "BEGIN" : "BEGIN READ ONLY") + query("EXECUTE s"));
  EXPECT_TRUE(second.got().ends_with("| Q PREPARE s AS SELECT a FROM t | Q EXECUTE s"));
  second.answers(complete("BEGIN") + ready('T') + complete("PREPARE") + ready('T') + row("1") +
                 ready('T'));
  EXPECT_EQ(client.got(), "C BEGIN | Z T | T a | D 1 | C SELECT 1 | Z T");
}

TEST_F(PreparedStatements, ExecuteOfAWriteGoesToThePrimary) {
  client.sends(query("PREPARE s AS INSERT INTO t VALUES (1)"));
  (primary.is_free() ? standby : primary).answers(complete("PREPARE") + ready());
  client.sends(query("EXECUTE s"));
  EXPECT_FALSE(primary.is_free());
}

TEST_F(PreparedStatements, DeallocateForgetsTheName) {
  client.sends(query("PREPARE s AS SELECT a FROM t"));
  (primary.is_free() ? standby : primary).answers(complete("PREPARE") + ready());
  client.sends(query("DEALLOCATE s"));
  primary.answers(complete("PREPARE") + ready() + complete("DEALLOCATE") + ready());
  EXPECT_EQ(primary.machine().names().find("s"), nullptr);
  EXPECT_TRUE(primary.is_free());
}

TEST_F(PreparedStatements, DeallocateAllForgetsThemAll) {
  is_in_transaction();
  client.sends(parse("s", "SELECT a FROM t") + sync() + query("DEALLOCATE ALL"));
  primary.answers(parsed() + ready('T') + complete("DEALLOCATE ALL") + ready('T'));
  EXPECT_EQ(primary.machine().names().size(), 0U);
}

TEST_F(PreparedStatements, TheirCatalogueShowsExactlyTheClients) {
  prepares("SELECT a FROM t");
  leaves_behind(other, "SELECT 1");
  leaves_behind(primary, "DELETE FROM t");
  client.sends(query("SELECT * FROM pg_prepared_statements"));
  ASSERT_FALSE(primary.is_free());
  EXPECT_EQ(primary.got(),
            "C S s | P s SELECT a FROM t | S | Q SELECT * FROM pg_prepared_statements");
  primary.answers(closed() + parsed() + ready() + row("s") + ready());
  EXPECT_EQ(client.got(), "T a | D s | C SELECT 1 | Z I");
}

TEST_F(PreparedStatements, TheUnnamedStatementOutlivesTheGatewaysOwnQuestions) {
  client.sends(parse("", "SELECT wild(a) FROM t") + sync());
  (primary.is_free() ? standby : primary).answers(parsed() + ready());
  forget();
  for (int i = 0; i < 2; ++i) {
    client.sends(run(""));
    const std::string asked = primary.got();
    if (i == 1) {
      EXPECT_EQ(asked, "P - SELECT wild(a) FROM t | B - - | E - | S");
    }
    primary.answers((i == 1 ? parsed() : "") + bound() + complete("SELECT 0") + ready());
    EXPECT_EQ(primary.got(), "Q <probe>");
    primary.answers(row_description({"a"}) + data_row({"f", "f", "f", "f", "0"}) +
                    complete("SELECT 1") + ready());
  }
}

TEST_F(PreparedStatements, DeallocateAllThatFailsForgetsNothing) {
  client.sends(parse("s", "INSERT INTO t VALUES (1)") + sync());
  primary.answers(parsed() + ready());
  is_in_transaction();
  client.sends(query("SELECT 1/0"));
  primary.answers(error("22012") + ready('E'));
  client.sends(query("DEALLOCATE ALL") + query("ROLLBACK"));
  primary.answers(error("25P02") + ready('E') + complete("ROLLBACK") + ready());
  EXPECT_NE(primary.machine().names().find("s"), nullptr);
}

TEST_F(PreparedStatements, ExecuteInTheExtendedProtocolFindsWhatPrepareMadeElsewhere) {
  client.sends(query("PREPARE s AS SELECT a FROM t /* tidemark.level='strong' */"));
  (primary.is_free() ? standby : primary).answers(complete("PREPARE") + ready());
  forget();
  client.sends(parse("", "EXECUTE s") + bind_to("") + execute() + sync());
  ScriptedServer& server = primary.is_free() ? standby : primary;
  if (&server == &standby) {
    EXPECT_NE(standby.got().find("PREPARE s AS"), std::string::npos);
  }
}

TEST_F(PreparedStatements, APrepareThatCouldNotBeRepeatedIsNotTakenForThere) {
  client.sends(query("PREPARE s AS SELECT a FROM t"));
  ScriptedServer& first = primary.is_free() ? standby : primary;
  first.answers(complete("PREPARE") + ready());
  ScriptedServer& second = &first == &primary ? standby : primary;
  client.sends(query(&second == &primary ? "BEGIN" : "BEGIN READ ONLY") + query("SELECT 1/0"));
  second.answers(complete("BEGIN") + ready('T') + error("22012") + ready('E'));
  client.sends(query("EXECUTE s"));
  second.answers(error("25P02") + ready('E') + error("25P02") + ready('E'));
  EXPECT_EQ(second.machine().names().find("s"), nullptr);
}

TEST_F(PreparedStatements, WhatTheGatewayRefusesToExecuteIsRefusedOnce) {
  says("PREPARE p AS SELECT wild()", standby, complete("PREPARE") + ready());
  is_reading_in_transaction();
  client.sends(query("EXECUTE p"));
  EXPECT_EQ(standby.got(), "Q the gateway refused the statement before this one");
  standby.answers(error("42601") + ready('E'));
  EXPECT_EQ(client.got(), "E 25006 | Z E");
}

}  // namespace
}  // namespace tidemark::session
