// SET, SHOW and RESET of tidemark.*: answered here, in both protocols, in their place.
#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;

class OwnSettingsOfAClient : public Conversation {
 protected:
  std::string level() {
    client.sends(query("SHOW tidemark.level"));
    return client.got();
  }
  static std::string level_is(const std::string& level, char status = 'I') {
    return "T tidemark.level | D " + level + " | C SHOW | Z " + status;
  }
};

TEST_F(OwnSettingsOfAClient, SetAndShowNeedNoServer) {
  EXPECT_EQ(level(), level_is("session"));
  client.sends(query("SET tidemark.level = 'strong'"));
  EXPECT_EQ(client.got(), "C SET | Z I");
  EXPECT_EQ(level(), level_is("strong"));
  client.sends(query("RESET tidemark.level"));
  EXPECT_EQ(client.got(), "C RESET | Z I");
  EXPECT_EQ(level(), level_is("session"));
  EXPECT_EQ(client.requests, 0);
}

TEST_F(OwnSettingsOfAClient, TheLevelDecidesWhereReadsGo) {
  client.sends(query("SET tidemark.level = 'strong'") + query("SELECT a FROM t"));
  EXPECT_EQ(primary.got(), "Q SELECT a FROM t");
}

TEST_F(OwnSettingsOfAClient, AValueThatThereIsNotIsAnError) {
  client.sends(query("SET tidemark.level = 'bogus'") + query("SHOW tidemark.colour"));
  EXPECT_EQ(client.got(), "E 22023 | Z I | E 42704 | Z I");
}

// PostgreSQL has it for CREATE FUNCTION … SET, and takes it elsewhere.
TEST_F(OwnSettingsOfAClient, WhatTheyAreIsNoValueToSetThemTo) {
  client.sends(query("SET tidemark.session = 'a'") + query("SET tidemark.session FROM CURRENT") +
               query("SET LOCAL tidemark.level FROM CURRENT"));
  EXPECT_EQ(client.got(), "C SET | Z I | E 0A000 | Z I | E 0A000 | Z I");
  client.sends(query("SHOW tidemark.session"));
  EXPECT_EQ(client.got(), "T tidemark.session | D a | C SHOW | Z I");
}

// A server would take it for a setting of its own, and reads would go on at the old level.
TEST_F(OwnSettingsOfAClient, WhatOnlyAServerWouldHearOfIsRefused) {
  client.sends(query("SELECT set_config('tidemark.level', 'strong', false)") +
               query("SET tidemark.level = 'strong'; SELECT a FROM t") +
               prepared_and_run("SELECT set_config('tidemark.level', 'strong', false)"));
  EXPECT_EQ(client.got(), "E 0A000 | Z I | E 0A000 | Z I | E 0A000 | Z I");
  EXPECT_EQ(client.requests, 0);
  EXPECT_EQ(level(), level_is("session"));
}

TEST_F(OwnSettingsOfAClient, WhatOnlyAServerWouldHearOfFailsTheTransaction) {
  is_in_transaction();
  client.sends(query("SELECT set_config('tidemark.level', 'strong', true)"));
  EXPECT_EQ(primary.got(), "Q the gateway refused the statement before this one");
  primary.answers(error("42601") + ready('E'));
  EXPECT_EQ(client.got(), "E 0A000 | Z E");
}

TEST_F(OwnSettingsOfAClient, AnErrorFailsATransactionThatNoServerKnowsOf) {
  client.sends(query("BEGIN") + query("SET tidemark.level = 'bogus'"));
  EXPECT_EQ(client.got(), "C BEGIN | Z T | E 22023 | Z E");
  client.sends(query("ROLLBACK"));
  EXPECT_EQ(client.got(), "C ROLLBACK | Z I");
}

TEST_F(OwnSettingsOfAClient, TheRouteOfTheLastStatementIsShown) {
  client.sends(query("SHOW tidemark.route"));
  EXPECT_EQ(client.got(), "T tidemark.route | D | C SHOW | Z I");
  says("SELECT a FROM t", standby, row("1") + ready());
  client.sends(query("SHOW tidemark.route"));
  EXPECT_EQ(client.got(), "T tidemark.route | D node 1 | C SHOW | Z I");
  client.sends(query("SET tidemark.route = 'x'"));
  EXPECT_EQ(client.got(), "E 55P02 | Z I");
}

TEST_F(OwnSettingsOfAClient, SetLocalEndsWithTheTransaction) {
  client.sends(query("BEGIN") + query("SET LOCAL tidemark.level = 'eventual'"));
  client.got();
  EXPECT_EQ(level(), level_is("eventual", 'T'));
  client.sends(query("COMMIT"));
  client.got();
  EXPECT_EQ(level(), level_is("session"));
}

TEST_F(OwnSettingsOfAClient, SetLocalOutsideATransactionHasNoEffectAndSaysSo) {
  client.sends(query("SET LOCAL tidemark.level = 'strong'"));
  EXPECT_EQ(client.got(), "N 25P01 | C SET | Z I");
  EXPECT_EQ(level(), level_is("session"));
}

TEST_F(OwnSettingsOfAClient, SetInATransactionLastsIfItCommits) {
  client.sends(query("BEGIN") + query("SET tidemark.level = 'eventual'") + query("COMMIT"));
  client.got();
  EXPECT_EQ(level(), level_is("eventual"));
  client.sends(query("BEGIN") + query("SET tidemark.level = 'strong'") + query("ROLLBACK"));
  client.got();
  EXPECT_EQ(level(), level_is("eventual"));
}

TEST_F(OwnSettingsOfAClient, SetInATransactionOnAServerFollowsItsFate) {
  is_in_transaction();
  client.sends(query("SET tidemark.level = 'eventual'"));
  EXPECT_EQ(client.got(), "C SET | Z T");
  EXPECT_EQ(primary.got(), "");
  client.sends(query("ROLLBACK"));
  primary.answers(complete("ROLLBACK") + ready());
  client.got();
  EXPECT_EQ(level(), level_is("session"));
}

TEST_F(OwnSettingsOfAClient, TheyWaitForTheAnswersBeforeThem) {
  client.sends(query("SELECT a FROM t") + query("SHOW tidemark.level"));
  EXPECT_EQ(client.got(), "");
  standby.answers(row("1") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I | " + level_is("session"));
}

TEST_F(OwnSettingsOfAClient, TheyWaitForTheAnswersBeforeThemInATransactionToo) {
  is_in_transaction();
  client.sends(query("SELECT a FROM t") + query("SHOW tidemark.level") + query("SELECT b FROM t"));
  EXPECT_EQ(primary.got(), "Q SELECT a FROM t");
  primary.answers(row("1") + ready('T'));
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z T | " + level_is("session", 'T'));
  EXPECT_EQ(primary.got(), "Q SELECT b FROM t");
}

TEST_F(OwnSettingsOfAClient, ABatchOfThemNeedsNoServer) {
  client.sends(prepared_and_run("SET tidemark.level = 'strong'"));
  EXPECT_EQ(client.got(), "1 | 2 | n | C SET | Z I");
  client.sends(prepared_and_run("SHOW tidemark.level"));
  EXPECT_EQ(client.got(), "1 | 2 | T tidemark.level | D strong | C SHOW | Z I");
  EXPECT_EQ(client.requests, 0);
}

TEST_F(OwnSettingsOfAClient, APreparedOneCanBeDescribedAndRunAgain) {
  client.sends(parse("s", "SHOW tidemark.level") + describe_statement("s") + sync());
  EXPECT_EQ(client.got(), "1 | t | T tidemark.level | Z I");
  client.sends(run("s") + run("s"));
  EXPECT_EQ(client.got(), "2 | D session | C SHOW | Z I | 2 | D session | C SHOW | Z I");
  client.sends(parse("s", "SHOW tidemark.level") + sync());
  EXPECT_EQ(client.got(), "E 42P05 | Z I");
  client.sends(close_statement("s") + sync() + parse("s", "SHOW tidemark.level") + sync());
  EXPECT_EQ(client.got(), "3 | Z I | 1 | Z I");
}

TEST_F(OwnSettingsOfAClient, AFlushBringsTheAnswersWithoutASync) {
  client.sends(parse("", "SHOW tidemark.level") + describe_statement("") + flush());
  EXPECT_EQ(client.got(), "1 | t | T tidemark.level");
  client.sends(bind_to("") + execute() + flush());
  EXPECT_EQ(client.got(), "2 | D session | C SHOW");
  client.sends(sync());
  EXPECT_EQ(client.got(), "Z I");
}

TEST_F(OwnSettingsOfAClient, AnErrorInABatchSkipsToItsSync) {
  client.sends(prepared_and_run("SET tidemark.level = 'bogus'") +
               prepared_and_run("SHOW tidemark.level"));
  EXPECT_EQ(client.got(),
            "1 | 2 | n | E 22023 | Z I | 1 | 2 | T tidemark.level | D session | C SHOW | Z I");
}

TEST_F(OwnSettingsOfAClient, AmongTheServersAnswersTheyHaveTheirPlace) {
  client.sends(parse("i", "INSERT INTO t VALUES (1)") + bind_to("i") + execute() +
               parse("s", "SHOW tidemark.level") + bind_to("s") + execute() +
               parse("j", "INSERT INTO t VALUES (2)") + bind_to("j") + execute() + sync());
  EXPECT_EQ(primary.got(),
            "P i INSERT INTO t VALUES (1) | B - i | E - | P j INSERT INTO t VALUES (2) | B - j | "
            "E - | S");
  primary.answers(parsed() + bound());
  EXPECT_EQ(client.got(), "1 | 2");
  primary.answers(complete("INSERT 0 1"));
  EXPECT_EQ(client.got(), "C INSERT 0 1 | 1 | 2 | D session | C SHOW");
  primary.answers(parsed() + bound() + complete("INSERT 0 1") + ready());
  EXPECT_EQ(client.got(), "1 | 2 | C INSERT 0 1 | Z I");
  EXPECT_TRUE(primary.is_free());
}

TEST_F(OwnSettingsOfAClient, BehindAnErrorOfTheServerTheyAreSkipped) {
  client.sends(parse("", "INSERT INTO t VALUES (1)") + bind_to("") + execute() +
               parse("", "SHOW tidemark.level") + bind_to("") + execute() + sync());
  primary.answers(parsed() + bound() + error("23505") + ready());
  EXPECT_EQ(client.got(), "1 | 2 | E 23505 | Z I");
  EXPECT_TRUE(primary.is_free());
}

TEST_F(OwnSettingsOfAClient, AnErrorOfTheirsFailsTheServersPartOfTheBatch) {
  client.sends(parse("", "INSERT INTO t VALUES (1)") + bind_to("") + execute() +
               parse("", "SET tidemark.level = 'bogus'") + bind_to("") + execute() +
               parse("", "INSERT INTO t VALUES (2)") + bind_to("") + execute() + sync());
  EXPECT_EQ(primary.got(),
            "P - INSERT INTO t VALUES (1) | B - - | E - | Q the gateway refused the statement "
            "before this one | S");
  primary.answers(parsed() + bound() + complete("INSERT 0 1") + error("42601") + ready() + ready());
  EXPECT_EQ(client.got(), "1 | 2 | C INSERT 0 1 | 1 | 2 | E 22023 | Z I");
}

TEST_F(OwnSettingsOfAClient, ResetAllAndDiscardAllResetThemToo) {
  client.sends(query("SET tidemark.level = 'eventual'"));
  client.got();
  says("RESET ALL", primary, complete("RESET") + ready());
  EXPECT_EQ(level(), level_is("session"));
  client.sends(query("SET tidemark.level = 'eventual'"));
  client.got();
  client.sends(query("DISCARD ALL"));
  primary.answers(complete("DISCARD ALL") + ready());
  client.got();
  EXPECT_EQ(level(), level_is("session"));
}

TEST(OwnSettingsAtTheStart, AreWhatResetGoesBackTo) {
  ScriptedServer primary{0};
  ScriptedClient client{{&primary}};
  client.logs_in({{"tidemark.level", "eventual"}});
  client.got();
  client.sends(query("SET tidemark.level = 'strong'") + query("RESET tidemark.level") +
               query("SHOW tidemark.level"));
  EXPECT_EQ(client.got(),
            "C SET | Z I | C RESET | Z I | T tidemark.level | D eventual | C SHOW | Z I");
}

TEST(OwnSettingsAtTheStart, ThatAreNotValidEndTheLogin) {
  ScriptedServer primary{0};
  ScriptedClient client{{&primary}};
  client.logs_in({{"options", "-c tidemark.level=bogus"}});
  EXPECT_EQ(client.got(), "E FATAL 22023");
  EXPECT_TRUE(client.is_closed);
}

TEST_F(OwnSettingsOfAClient, OwnSettingsAmongUnnamedStatements) {
  client.sends(parse("", "INSERT INTO t VALUES (1)") + bind_to("") + execute() +
               parse("", "SHOW tidemark.level") + bind_to("") + execute() +
               parse("", "INSERT INTO t VALUES (2)") + bind_to("") + execute() + sync());
  EXPECT_EQ(primary.got(),
            "P - INSERT INTO t VALUES (1) | B - - | E - | P - INSERT INTO t VALUES (2) | B - - | "
            "E - | S");
  primary.answers(parsed() + bound());
  EXPECT_EQ(client.got(), "1 | 2");
  primary.answers(complete("INSERT 0 1"));
  EXPECT_EQ(client.got(), "C INSERT 0 1 | 1 | 2 | D session | C SHOW");
  primary.answers(parsed() + bound() + complete("INSERT 0 1") + ready());
  EXPECT_EQ(client.got(), "1 | 2 | C INSERT 0 1 | Z I");
  EXPECT_TRUE(primary.is_free());
}

TEST_F(OwnSettingsOfAClient, OwnAnswersComeBehindAFrameInPieces) {
  is_in_transaction();
  client.sends(parse("i", "INSERT INTO t VALUES (2)") + bind_to("i") + execute() +
               parse("s", "SHOW tidemark.level") + bind_to("s") + execute() + sync());
  primary.answers(parsed() + bound() + complete("INSERT 0 1") + ready('T'), 6);
  EXPECT_EQ(client.got(), "1 | 2 | C INSERT 0 1 | 1 | 2 | D session | C SHOW | Z T");
}

TEST_F(OwnSettingsOfAClient, AnErrorOfAnOwnSettingFailsTheTransactionOnTheServer) {
  is_in_transaction();
  client.sends(query("SET tidemark.level = 'bogus'"));
  primary.answers(error("42601") + ready('E'));
  EXPECT_EQ(client.got(), "E 22023 | Z E");
}

TEST_F(OwnSettingsOfAClient, InATransactionThatFailedOnTheServerOwnSettingsFailToo) {
  is_in_transaction();
  client.sends(query("SELECT 1/0"));
  primary.answers(error("22012") + ready('E'));
  client.got();
  client.sends(query("SHOW tidemark.level"));
  EXPECT_EQ(client.got(), "E 25P02 | Z E");
  client.sends(prepared_and_run("SHOW tidemark.level"));
  primary.answers(ready('E'));
  EXPECT_EQ(client.got(), "E 25P02 | Z E");
}

TEST_F(OwnSettingsOfAClient, SetInATransactionThatARolledBackSavepointSavedIsKept) {
  is_in_transaction();
  client.sends(query("SET tidemark.level = 'strong'") + query("SAVEPOINT s") + query("SELECT 1/0"));
  primary.answers(complete("SAVEPOINT") + ready('T'));
  primary.answers(error("22012") + ready('E'));
  says("ROLLBACK TO s", primary, complete("ROLLBACK") + ready('T'));
  says("COMMIT", primary, complete("COMMIT") + ready());
  client.got();
  client.sends(query("SHOW tidemark.level"));
  EXPECT_EQ(client.got(), "T tidemark.level | D strong | C SHOW | Z I");
}

TEST_F(OwnSettingsOfAClient, SetBehindASavepointIsTakenBackWithIt) {
  is_in_transaction();
  client.sends(query("SET LOCAL tidemark.level = 'eventual'"));
  says("SAVEPOINT a", primary, complete("SAVEPOINT") + ready('T'));
  client.sends(query("SET LOCAL tidemark.level = 'monotonic_reads'"));
  says("SAVEPOINT b", primary, complete("SAVEPOINT") + ready('T'));
  client.sends(query("SET tidemark.level = 'read_your_writes'"));
  says("RELEASE b", primary, complete("RELEASE") + ready('T'));
  EXPECT_EQ(level(), level_is("read_your_writes", 'T'));
  says("ROLLBACK TO a", primary, complete("ROLLBACK") + ready('T'));
  EXPECT_EQ(level(), level_is("eventual", 'T'));
  says("COMMIT", primary, complete("COMMIT") + ready());
  EXPECT_EQ(level(), level_is("session"));
}

TEST_F(OwnSettingsOfAClient, SetBehindASavepointThatWasThereBeforeIsTakenBackWithIt) {
  is_in_transaction();
  says("SAVEPOINT a", primary, complete("SAVEPOINT") + ready('T'));
  client.sends(query("SET tidemark.level = 'eventual'"));
  says("SAVEPOINT b", primary, complete("SAVEPOINT") + ready('T'));
  says("ROLLBACK TO nowhere", primary, error("3B001") + ready('E'));
  says("ROLLBACK TO b", primary, complete("ROLLBACK") + ready('T'));
  EXPECT_EQ(level(), level_is("eventual", 'T'));
  says("ROLLBACK TO a", primary, complete("ROLLBACK") + ready('T'));
  EXPECT_EQ(level(), level_is("session", 'T'));
}

TEST_F(OwnSettingsOfAClient, APipelinedRollbackWaitsForTheErrorBeforeIt) {
  is_in_transaction();
  says("SAVEPOINT a", primary, complete("SAVEPOINT") + ready('T'));
  client.sends(query("SET tidemark.level = 'eventual'") + query("SELECT 1/0") +
               query("ROLLBACK TO a"));
  primary.answers(error("22012") + ready('E'));
  primary.answers(complete("ROLLBACK") + ready('T'));
  client.got();
  EXPECT_EQ(level(), level_is("session", 'T'));
}

TEST_F(OwnSettingsOfAClient, ABatchTakesBackWhatItSetBehindItsSavepoint) {
  is_in_transaction();
  const auto runs = [](std::string_view sql) { return parse("", sql) + bind_to("") + execute(); };
  client.sends(runs("SET tidemark.level = 'eventual'") + runs("SAVEPOINT a") +
               runs("SET tidemark.level = 'monotonic_reads'") + runs("ROLLBACK TO a") + sync());
  primary.answers(parsed() + bound() + complete("SAVEPOINT") + parsed() + bound() +
                  complete("ROLLBACK") + ready('T'));
  client.got();
  EXPECT_EQ(level(), level_is("eventual", 'T'));
}

TEST_F(OwnSettingsOfAClient, AMessageOfSeveralStatementsTakesThemBackInOrder) {
  for (const char* text : {"SAVEPOINT b; ROLLBACK TO a; SAVEPOINT a", "ROLLBACK; BEGIN"}) {
    is_in_transaction();
    says("SAVEPOINT a", primary, complete("SAVEPOINT") + ready('T'));
    client.sends(query("SET tidemark.level = 'eventual'"));
    says(text, primary, complete("SELECT 1") + ready('T'));
    EXPECT_EQ(level(), level_is("session", 'T')) << text;
    says("ROLLBACK", primary, complete("ROLLBACK") + ready());
  }
}

TEST_F(OwnSettingsOfAClient, AChainedTransactionBeginsWithoutWhatWasLocal) {
  is_in_transaction();
  client.sends(query("SET tidemark.level = 'eventual'") +
               query("SET LOCAL tidemark.level = 'monotonic_reads'"));
  says("COMMIT AND CHAIN", primary, complete("COMMIT") + ready('T'));
  EXPECT_EQ(level(), level_is("eventual", 'T'));
  client.sends(query("SET tidemark.level = 'monotonic_reads'"));
  says("ROLLBACK AND CHAIN", primary, complete("ROLLBACK") + ready('T'));
  EXPECT_EQ(level(), level_is("eventual", 'T'));
}

TEST_F(OwnSettingsOfAClient, SetInATransactionThatTheGatewayFailedIsTakenBack) {
  is_reading_in_transaction();
  client.sends(query("SET tidemark.level = 'eventual'") + query("INSERT INTO t VALUES (1)"));
  standby.answers(error("42601") + ready('E'));
  client.sends(query("COMMIT"));
  standby.answers(complete("ROLLBACK") + ready());
  client.got();
  client.sends(query("SHOW tidemark.level"));
  EXPECT_EQ(client.got(), "T tidemark.level | D session | C SHOW | Z I");
}

TEST_F(OwnSettingsOfAClient, ResetAllThatIsRolledBackResetsNothingHere) {
  client.sends(query("SET tidemark.level = 'eventual'"));
  is_in_transaction();
  client.sends(query("RESET ALL") + query("ROLLBACK"));
  primary.answers(complete("RESET") + ready('T') + complete("ROLLBACK") + ready());
  client.got();
  client.sends(query("SHOW tidemark.level"));
  EXPECT_EQ(client.got(), "T tidemark.level | D eventual | C SHOW | Z I");
}

}  // namespace
}  // namespace tidemark::session
