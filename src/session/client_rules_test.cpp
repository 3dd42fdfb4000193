// What the rules say, kept: where reads go, and what a transaction may touch.
#include "session/testing_rules.h"

namespace tidemark::session {
namespace {

using namespace testing;

TEST_F(Ruled, WhatIsOwedMoreThanTheTransactionWasGivenIsRefused) {
  client.sends(query("BEGIN READ ONLY") + query("SELECT a FROM tenants"));
  standby.answers(complete("BEGIN") + ready('T') + row("1") + ready('T'));
  forget();
  client.sends(query("SELECT a FROM t"));
  standby.answers(error("42601") + ready('E'));
  EXPECT_EQ(client.got(), "E 25001 | Z E");
}

TEST_F(Ruled, ALevelThatIsTakenBackInATransactionIsOwedAgain) {
  client.sends(query("SET tidemark.level = 'eventual'") + query("BEGIN READ ONLY") +
               query("SELECT a FROM t"));
  standby.answers(complete("BEGIN") + ready('T') + row("1") + ready('T'));
  forget();
  client.sends(query("SELECT a FROM t"));
  standby.answers(row("1") + ready('T'));
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z T");
  client.sends(query("RESET tidemark.level"));
  standby.answers(error("42601") + ready('E'));
  EXPECT_EQ(client.got(), "E 25001 | Z E");
}

TEST_F(Ruled, WhatACommentAskedForIsNotWhatTheNextStatementIsOwed) {
  client.sends(query("BEGIN READ ONLY") + query("/* tidemark.level='eventual' */ SELECT a FROM t"));
  standby.answers(complete("BEGIN") + ready('T') + row("1") + ready('T'));
  forget();
  client.sends(query("/* tidemark.level='eventual' */ SELECT a FROM t"));
  standby.answers(row("1") + ready('T'));
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z T");
  client.sends(query("SELECT a FROM t"));
  standby.answers(error("42601") + ready('E'));
  EXPECT_EQ(client.got(), "E 25001 | Z E");
}

TEST_F(Ruled, OfSeveralLevelsAnyWillDoInATransaction) {
  client.sends(query("SET tidemark.level = 'strong<20ms, eventual'") + query("BEGIN READ ONLY"));
  client.holds_requests = true;
  client.sends(query("SELECT a FROM t"));
  ASSERT_EQ(client.machine().alternatives().size(), 2u);
  client.machine().request().promise = client.machine().alternatives()[1].promise;
  client.goes_to(standby);
  standby.answers(complete("BEGIN") + ready('T') + row("1") + ready('T'));
  forget();
  client.sends(query("SELECT a FROM t"));
  EXPECT_EQ(standby.got(), "Q SELECT a FROM t");
}

TEST_F(Ruled, StrongReadsOfStandbysAreNotPipelinedOnThePrimary) {
  client.sends(query("INSERT INTO scratch VALUES (1)") + query("SELECT a FROM shop.item"));
  EXPECT_EQ(primary.got(), "Q INSERT INTO scratch VALUES (1)");
  client.holds_requests = true;
  primary.answers(complete("INSERT 0 1") + ready());
  ASSERT_TRUE(client.has_request);
  EXPECT_TRUE(client.machine().request().from_standbys);
}

TEST_F(Ruled, StrongReadsOfBothSidesCannotBeServedTogether) {
  client.sends(query("SET tidemark.level = 'strong'") + query("SELECT 1 FROM shop.item, t"));
  EXPECT_EQ(client.got(), "C SET | Z I | E 55000 | Z I");
  EXPECT_EQ(client.requests, 0);
}

TEST_F(Ruled, ALevelLowersNoRule) {
  client.holds_requests = true;
  client.sends(query("/* tidemark.level='eventual' */ SELECT a FROM shop.item"));
  ASSERT_TRUE(client.has_request);
  EXPECT_TRUE(client.machine().request().promise.strong);
  EXPECT_FALSE(client.machine().request().sources.any_primary());
}

TEST_F(Ruled, AWriteInATransactionForReadingIsNotRaisedOnAStandby) {
  client.sends(query("BEGIN READ ONLY") + query("SELECT a FROM t"));
  standby.answers(complete("BEGIN") + ready('T') + row("1") + ready('T'));
  forget();
  client.sends(query("INSERT INTO t VALUES (1)"));
  EXPECT_EQ(standby.got(), "Q INSERT INTO t VALUES (1)");
}

// The second statement is read by the new catalogue before the first one is answered: what both
// name is noted together.
TEST_F(Ruled, WhatWasNamedWhileTheCatalogueWasInDoubtMayBeAnyTable) {
  client.reader("public").set_doubtful(true);
  client.sends(query("BEGIN READ ONLY") + query("SELECT a FROM t"));
  client.reader("public").set_doubtful(false);
  client.sends(query("SELECT b FROM u"));
  standby.answers(complete("BEGIN") + ready('T') + row("1") + ready('T') + row("1") + ready('T'));
  client.sends(query("COMMIT"));
  standby.answers(complete("COMMIT") + ready());
  const auto marks = client.machine().session().marks();
  ASSERT_FALSE(marks.empty());
  EXPECT_TRUE(std::ranges::all_of(marks, &consistency::Remembered::is_about_any));
}

}  // namespace
}  // namespace tidemark::session
