// What the rules say, kept: where reads go, how durable writes are, what a transaction may touch.
#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;
using consistency::Durability;
using consistency::Level;
using consistency::Rule;

constexpr Level k_strong{Level::Kind::k_strong, {}};
constexpr Level k_eventual{Level::Kind::k_eventual, {}};

// t is written with remote_apply, u with off; shop.item is strong, from standbys; tenants may be
// read at eventual.
std::vector<Rule> rules() {
  std::vector<Rule> rules;
  rules.push_back({.label = "ledger", .tables = {"public.t"}, .write = Durability::k_remote_apply});
  rules.push_back({.label = "log", .tables = {"public.u"}, .write = Durability::k_off});
  rules.push_back({.label = "stock",
                   .tables = {"shop.item"},
                   .read = k_strong,
                   .from = consistency::k_standbys_only});
  rules.push_back({.label = "loose", .tables = {"public.tenants"}, .read = k_eventual});
  return rules;
}

class Ruled : public ::testing::Test {
 protected:
  Ruled() {
    client.policy = consistency::Policy(rules());
    client.logs_in();
    client.got();
  }

  std::string says(std::string_view sql, ScriptedServer& server, std::string_view answer) {
    client.sends(query(sql));
    server.answers(answer);
    return client.got();
  }
  void forget() {
    client.got();
    for (ScriptedServer* server : {&primary, &standby}) server->forget();
  }
  // On the primary, behind a statement that no rule speaks of.
  void is_in_transaction() {
    client.sends(query("BEGIN") + query("INSERT INTO scratch VALUES (1)"));
    primary.answers(complete("BEGIN") + ready('T') + complete("INSERT 0 1") + ready('T'));
    forget();
  }
  // What raises to at least that, for the rest of the transaction; for one statement by itself.
  static std::string raised(Durability least) {
    return "Q " + shown(sql_to_raise({.least = least, .never_lower = true}));
  }
  static std::string raised_alone(Durability least, bool never_lower) {
    return "Q " + shown(sql_to_raise_alone({least, never_lower}, std::nullopt));
  }
  static std::string answer_to_raise(char status = 'I') {
    return complete("RESET") + row("x") + ready(status);
  }

  ScriptedServer primary{0};
  ScriptedServer standby{1};
  ScriptedClient client{{&primary, &standby}};
};

const std::string k_raised =
    "Q RESET synchronous_commit;SELECT "
    "pg_catalog.set_config('synchronous_commit','remote_apply',false)";

TEST_F(Ruled, AWriteIsRaisedByAQueryBeforeIt) {
  client.sends(query("INSERT INTO t VALUES (1)"));
  EXPECT_EQ(primary.got(), k_raised + " | Q INSERT INTO t VALUES (1)");
  primary.answers(answer_to_raise() + complete("INSERT 0 1") + ready());
  EXPECT_EQ(client.got(), "C INSERT 0 1 | Z I");
}

TEST_F(Ruled, WhatIsRaisedStaysUntilSomethingElseIsWanted) {
  says("INSERT INTO t VALUES (1)", primary, answer_to_raise() + complete("INSERT 0 1") + ready());
  primary.forget();
  client.sends(query("INSERT INTO t VALUES (2)"));
  EXPECT_EQ(primary.got(), "Q INSERT INTO t VALUES (2)");
  primary.answers(complete("INSERT 0 1") + ready());
  client.sends(query("INSERT INTO scratch VALUES (3)"));
  EXPECT_EQ(primary.got(), "Q RESET synchronous_commit; | Q INSERT INTO scratch VALUES (3)");
}

TEST_F(Ruled, AnotherClientOfTheConnectionIsNotRaised) {
  says("INSERT INTO t VALUES (1)", primary, answer_to_raise() + complete("INSERT 0 1") + ready());
  primary.forget();
  ScriptedClient second{{&primary, &standby}, 2};
  second.logs_in();
  second.sends(query("INSERT INTO t VALUES (2)"));
  EXPECT_EQ(primary.got(), "Q RESET synchronous_commit; | Q INSERT INTO t VALUES (2)");
}

TEST_F(Ruled, ARaiseThatFailedIsNotTakenForDone) {
  client.sends(query("INSERT INTO t VALUES (1)"));
  primary.answers(error("57014") + ready() + complete("INSERT 0 1") + ready());
  EXPECT_EQ(client.got(), "C INSERT 0 1 | Z I");
  primary.forget();
  client.sends(query("INSERT INTO t VALUES (2)"));
  EXPECT_EQ(primary.got(), k_raised + " | Q INSERT INTO t VALUES (2)");
}

TEST_F(Ruled, ABatchByItselfIsRaisedBeforeIt) {
  client.sends(prepared_and_run("INSERT INTO t VALUES (1)"));
  EXPECT_EQ(primary.got(), k_raised + " | P - INSERT INTO t VALUES (1) | B - - | D P - | E - | S");
}

TEST_F(Ruled, WhatRunsInNoTransactionIsAloneInItsBatch) {
  client.sends(prepared_and_run("VACUUM t"));
  EXPECT_TRUE(primary.got().ends_with(" | P - VACUUM t | B - - | D P - | E - | S"));
}

TEST_F(Ruled, ABatchThatBeginsATransactionBeginsWithBegin) {
  client.sends(parse("", "BEGIN ISOLATION LEVEL REPEATABLE READ") + bind_to("") + execute() +
               parse("", "INSERT INTO t VALUES (1)") + bind_to("") + execute() + sync());
  EXPECT_EQ(primary.got(), raised_alone(Durability::k_remote_apply, true) +
                               " | P - BEGIN ISOLATION LEVEL REPEATABLE READ | B - - | E - | P - "
                               "INSERT INTO t VALUES (1) | B - - | E - | S");
}

TEST_F(Ruled, ATransactionThatGoesOnBehindItsBatchIsNotLowered) {
  client.sends(parse("", "BEGIN") + bind_to("") + execute() +
               parse("", "INSERT INTO u VALUES (1)") + bind_to("") + execute() + sync());
  EXPECT_TRUE(primary.got().starts_with(raised_alone(Durability::k_off, true) + " | P - BEGIN"));
}

TEST_F(Ruled, ATransactionIsRaisedWithItsStatement) {
  is_in_transaction();
  client.sends(query("INSERT INTO t VALUES (1)"));
  EXPECT_EQ(primary.got(), raised(Durability::k_remote_apply) + " | Q INSERT INTO t VALUES (1)");
  primary.answers(row("x") + ready('T') + complete("INSERT 0 1") + ready('T'));
  EXPECT_EQ(client.got(), "C INSERT 0 1 | Z T");
  client.sends(query("INSERT INTO t VALUES (2)") + query("COMMIT"));
  EXPECT_EQ(primary.got(), "Q INSERT INTO t VALUES (2) | Q COMMIT");
}

TEST_F(Ruled, ATransactionInBatchesIsRaisedWithinThem) {
  is_in_transaction();
  client.sends(prepared_and_run("INSERT INTO t VALUES (1)"));
  const std::string got = primary.got();
  EXPECT_TRUE(
      got.starts_with("P - INSERT INTO t VALUES (1) | C S tidemark.durability | P "
                      "tidemark.durability "))
      << got;
  primary.answers(parsed() + closed() + parsed() + bound() + data_row({"x"}) +
                  complete("SELECT 1") + closed() + closed() + bound() + no_data() +
                  complete("INSERT 0 1") + ready('T'));
  EXPECT_EQ(client.got(), "1 | 2 | n | C INSERT 0 1 | Z T");
  client.sends(prepared_and_run("INSERT INTO t VALUES (2)"));
  EXPECT_EQ(primary.got(), "P - INSERT INTO t VALUES (2) | B - - | D P - | E - | S");
}

TEST_F(Ruled, ASavepointMayTakeTheRaiseBack) {
  is_in_transaction();
  says("SAVEPOINT a", primary, complete("SAVEPOINT") + ready('T'));
  says("INSERT INTO t VALUES (1)", primary,
       row("x") + ready('T') + complete("INSERT 0 1") + ready('T'));
  says("ROLLBACK TO a", primary, complete("ROLLBACK") + ready('T'));
  primary.forget();
  client.sends(query("INSERT INTO t VALUES (2)"));
  EXPECT_EQ(primary.got(), raised(Durability::k_remote_apply) + " | Q INSERT INTO t VALUES (2)");
}

TEST_F(Ruled, WhoLowersItBehindTheRaiseIsRaisedBeforeTheCommit) {
  for (const char* lowering :
       {"SET LOCAL synchronous_commit = off", "SET synchronous_commit = off"}) {
    is_in_transaction();
    says("INSERT INTO t VALUES (1)", primary,
         row("x") + ready('T') + complete("INSERT 0 1") + ready('T'));
    says(lowering, primary, complete("SET") + ready('T'));
    primary.forget();
    client.sends(query("COMMIT"));
    EXPECT_EQ(primary.got(), raised(Durability::k_remote_apply) + " | Q COMMIT") << lowering;
    primary.answers(row("x") + ready('T') + complete("COMMIT") + ready());
    EXPECT_EQ(client.got(), "C COMMIT | Z I") << lowering;
    primary.answers(row("off") + ready());  // captured
    client.sends(query("RESET synchronous_commit"));
    primary.answers(complete("RESET") + ready() + row("on") + ready());
    forget();
  }
}

TEST_F(Ruled, APinnedClientIsRaisedToo) {
  says("CREATE TEMP TABLE x (a int)", primary,
       answer_to_raise() + complete("CREATE TABLE") + ready());
  ASSERT_FALSE(primary.is_free());
  forget();
  client.sends(query("INSERT INTO u VALUES (1)"));
  EXPECT_EQ(primary.got(),
            raised_alone(Durability::k_off, false) + " | Q INSERT INTO u VALUES (1)");
  primary.answers(answer_to_raise() + complete("INSERT 0 1") + ready());
  client.sends(prepared_and_run("INSERT INTO t VALUES (1)"));
  EXPECT_EQ(primary.got(), k_raised + " | P - INSERT INTO t VALUES (1) | B - - | D P - | E - | S");
}

TEST_F(Ruled, PipelinedWritesWaitForEachOthersDurability) {
  client.sends(query("INSERT INTO t VALUES (1)") + query("INSERT INTO scratch VALUES (2)"));
  EXPECT_EQ(primary.got(), k_raised + " | Q INSERT INTO t VALUES (1)");
  primary.answers(answer_to_raise() + complete("INSERT 0 1") + ready());
  EXPECT_EQ(primary.got(), "Q RESET synchronous_commit; | Q INSERT INTO scratch VALUES (2)");
}

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
