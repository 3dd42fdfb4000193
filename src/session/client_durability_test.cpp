// What the rules say of durability, kept: synchronous_commit is raised for whatever commits.
#include "session/testing_rules.h"

namespace tidemark::session {
namespace {

using namespace testing;

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

TEST_F(Ruled, ACancelDoesNotHitTheRaise) {
  client.sends(query("INSERT INTO t VALUES (1)"));
  client.is_cancelled();
  EXPECT_EQ(client.cancels, 0);
  primary.answers(answer_to_raise());
  EXPECT_EQ(client.cancels, 1);
  primary.answers(error("57014") + ready());
  EXPECT_EQ(client.got(), "E 57014 | Z I");
}

// Say, by pg_cancel_backend() or statement_timeout. What follows it is under way.
TEST_F(Ruled, WhatRunsBehindARaiseThatFailedIsNotAcknowledged) {
  client.sends(query("INSERT INTO t VALUES (1)"));
  primary.answers(error("57014") + ready() + complete("INSERT 0 1") + ready());
  EXPECT_EQ(client.got(), "E FATAL 57014");
  EXPECT_TRUE(client.is_closed);
  EXPECT_TRUE(primary.broken());
  EXPECT_FALSE(client.machine().session().marks().empty());
}

TEST_F(Ruled, BehindARaiseThatFailedNothingOfTheTransactionRuns) {
  is_in_transaction();
  client.sends(query("INSERT INTO t VALUES (1)"));
  primary.answers(error("57014") + ready('E') + error("25P02") + ready('E'));
  EXPECT_EQ(client.got(), "E 25P02 | Z E");
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

TEST_F(Ruled, AWriteBehindTheEndOfTheTransactionInOneMessageIsRefused) {
  for (const char* text :
       {"COMMIT; INSERT INTO t VALUES (1)", "ROLLBACK; INSERT INTO t VALUES (1)",
        "COMMIT AND CHAIN; INSERT INTO t VALUES (1)",
        "INSERT INTO t VALUES (1); COMMIT; BEGIN; INSERT INTO t VALUES (2)", "COMMIT; EXECUTE p",
        "ROLLBACK TO a; INSERT INTO t VALUES (1); COMMIT", "COMMIT; SELEC 1"}) {
    is_in_transaction();
    client.sends(query(text));
    EXPECT_TRUE(primary.got().ends_with("Q the gateway refused the statement before this one"))
        << text;
    primary.answers(row("x") + ready('T') + error("42601") + ready('E'));
    EXPECT_EQ(client.got(), "E 0A000 | Z E") << text;
    says("ROLLBACK", primary, complete("ROLLBACK") + ready());
  }
}

TEST_F(Ruled, BehindABeginThatNoServerKnowsOfLikewise) {
  client.sends(query("BEGIN") + query("COMMIT; INSERT INTO t VALUES (1)"));
  EXPECT_EQ(client.got(), "C BEGIN | Z T | E 0A000 | Z E");
  EXPECT_EQ(client.requests, 0);
}

TEST_F(Ruled, WhatIsCommittedWhereItWasRaisedIsNotRefused) {
  is_in_transaction();
  client.sends(query("INSERT INTO t VALUES (1); COMMIT"));
  EXPECT_EQ(primary.got(),
            raised(Durability::k_remote_apply) + " | Q INSERT INTO t VALUES (1); COMMIT");
  primary.answers(row("x") + ready('T') + complete("INSERT 0 1") + complete("COMMIT") + ready());
  forget();
  for (const char* text :
       {"COMMIT; INSERT INTO scratch VALUES (1)", "COMMIT; SELECT a FROM t", "ROLLBACK; BEGIN"}) {
    is_in_transaction();
    client.sends(query(text));
    EXPECT_EQ(primary.got(), "Q " + std::string(text));
    primary.answers(complete("COMMIT") + ready());
    forget();
  }
  client.sends(query("COMMIT; INSERT INTO t VALUES (1)"));
  EXPECT_EQ(primary.got(), raised_alone(Durability::k_remote_apply, true) +
                               " | Q COMMIT; INSERT INTO t VALUES (1)");
}

// What stands behind the head of a long text is not known.
TEST_F(Ruled, ALongMessageIsRaisedBeyondTheEndOfTheTransaction) {
  is_in_transaction();
  const std::string text = "COMMIT; " + std::string(Client::k_head_limit, ' ');
  client.sends(query(text));
  const std::string raise =
      sql_to_raise({.least = Durability::k_remote_apply, .never_lower = true}, true);
  const std::string got = primary.got();
  EXPECT_TRUE(got.starts_with("Q " + shown(raise) + " | Q ")) << got;
  EXPECT_TRUE(raise.ends_with(",false)"));
  EXPECT_FALSE(primary.machine().durability().empty());
}

// A rollback takes back what was raised before it, and synchronous_commit with it.
TEST_F(Ruled, ALongMessageThatMayGoOnBehindARollbackIsRefused) {
  const std::string padding(Client::k_head_limit, ' ');
  for (const std::string& text :
       {"ROLLBACK; INSERT INTO t VALUES (1)" + padding, padding + "; abort; INSERT INTO t SELECT 1",
        "ROLLBACK TO a; COMMIT" + padding}) {
    is_in_transaction();
    client.sends(query(text));
    EXPECT_TRUE(primary.got().ends_with("Q the gateway refused the statement before this one"));
    primary.answers(error("42601") + ready('E'));
    EXPECT_EQ(client.got(), "E 0A000 | Z E");
    says("ROLLBACK", primary, complete("ROLLBACK") + ready());
  }
}

TEST_F(Ruled, ALongMessageInAFailedTransactionLikewise) {
  is_in_transaction();
  client.sends(query("SELECT 1 / 0 FROM scratch") +
               query("COMMIT; INSERT INTO t VALUES (1)" + std::string(Client::k_head_limit, ' ')));
  EXPECT_EQ(primary.got(), "Q SELECT 1 / 0 FROM scratch") << "whether it has is not known yet";
  primary.answers(error("22012") + ready('E'));
  EXPECT_EQ(client.got(), "E 22012 | Z E | E 0A000");
  primary.answers(error("25P02") + ready('E'));
  EXPECT_EQ(client.got(), "Z E");
}

// The server has the beginning of the message, and carries out nothing of it.
TEST_F(Ruled, WhatShowsBehindTheHeadOfALongMessageEndsTheSession) {
  is_in_transaction();
  const std::string text = std::string(Client::k_head_limit, ' ') + "; ROLLBACK; INSERT INTO t";
  client.sends(query(text), Client::k_head_limit / 2);
  EXPECT_EQ(client.got(), "E FATAL 0A000");
  EXPECT_TRUE(client.is_closed);
  EXPECT_TRUE(primary.broken());
}

TEST_F(Ruled, ALongMessageThatRollsBackAndNoMorePasses) {
  is_in_transaction();
  const std::string text =
      "INSERT INTO t VALUES ('" + std::string(Client::k_head_limit, 'x') + "')";
  client.sends(query(text + "; ROLLBACK ;"), Client::k_head_limit / 2);
  primary.answers(row("x") + ready('T') + complete("INSERT 0 1") + complete("ROLLBACK") + ready());
  EXPECT_EQ(client.got(), "C INSERT 0 1 | C ROLLBACK | Z I");
}

TEST_F(Ruled, BehindALongMessageItIsRaisedAgain) {
  is_in_transaction();
  const std::string text = "ROLLBACK" + std::string(Client::k_head_limit, ' ');
  client.sends(query(text) + query("INSERT INTO t VALUES (1)"));
  const std::string got = primary.got();
  EXPECT_FALSE(got.ends_with("Q INSERT INTO t VALUES (1)")) << got;
  primary.answers(row("x") + ready('T') + complete("ROLLBACK") + ready());
  EXPECT_TRUE(primary.got().ends_with("Q INSERT INTO t VALUES (1)"));
}

TEST_F(Ruled, BehindALongStatementOfABatchItIsRaisedAgain) {
  is_in_transaction();
  const std::string text = "COMMIT" + std::string(Client::k_head_limit, ' ');
  client.sends(parse("", text) + bind_to("") + execute() + parse("", "INSERT INTO t VALUES (1)") +
               bind_to("") + execute() + sync());
  const std::string got = primary.got();
  EXPECT_GT(got.rfind("P tidemark.durability"), got.find("P - INSERT INTO t")) << got;
}

TEST_F(Ruled, ATransactionThatStaysOpenBehindItsMessageOwesWhatTheMessageDid) {
  const std::string batch = parse("", "BEGIN") + bind_to("") + execute() +
                            parse("", "INSERT INTO t VALUES (1)") + bind_to("") + execute() +
                            sync();
  const std::string answers = parsed() + bound() + complete("BEGIN") + parsed() + bound() +
                              complete("INSERT 0 1") + ready('T');
  for (const bool extended : {false, true}) {
    client.sends(extended ? batch : query("BEGIN; INSERT INTO t VALUES (1)"));
    const std::string got = primary.got();
    const bool raises = got.starts_with("Q <");
    primary.answers((raises ? answer_to_raise() : "") +
                    (extended ? answers : complete("BEGIN") + complete("INSERT 0 1") + ready('T')));
    says("SET LOCAL synchronous_commit = off", primary, complete("SET") + ready('T'));
    primary.forget();
    client.sends(query("COMMIT"));
    EXPECT_EQ(primary.got(), raised(Durability::k_remote_apply) + " | Q COMMIT") << extended;
    primary.answers(row("x") + ready('T') + complete("COMMIT") + ready());
    forget();
  }
}

TEST_F(Ruled, ABatchThatEndsATransactionAndLowersItIsRaisedBeforeItsSync) {
  is_in_transaction();
  client.sends(parse("", "COMMIT") + bind_to("") + execute() +
               parse("", "INSERT INTO t VALUES (1)") + bind_to("") + execute() +
               parse("", "SET LOCAL synchronous_commit = off") + bind_to("") + execute() + sync());
  const std::string got = primary.got();
  const std::string raise = "P tidemark.durability";
  EXPECT_GT(got.rfind(raise), got.find("P - SET LOCAL")) << got;
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

// Nothing of the batch waits for the answer to what raises it, nor is it raised twice.
TEST_F(Ruled, ABatchWhoseFirstNameMustBeBroughtCostsNoRoundTrip) {
  client.sends(parse("s", "INSERT INTO t VALUES (1)") + sync());
  primary.answers(answer_to_raise() + parsed() + ready());
  says("INSERT INTO scratch VALUES (2)", primary,
       complete("RESET") + ready() + complete("INSERT 0 1") + ready());
  ASSERT_TRUE(primary.is_free());
  primary.machine().names().set("s", nullptr);  // as on another connection of the pool
  forget();
  const std::string other_write = "P - INSERT INTO t VALUES (2) | B - - | E - | S";
  client.sends(bind_to("s") + execute() + parse("", "INSERT INTO t VALUES (2)") + bind_to("") +
               execute() + sync());
  EXPECT_EQ(primary.got(),
            k_raised + " | P s INSERT INTO t VALUES (1) | B - s | E - | " + other_write);
  const std::string done = bound() + complete("INSERT 0 1");
  primary.answers(answer_to_raise() + parsed() + done + parsed() + done + ready());
  EXPECT_EQ(client.got(), "2 | C INSERT 0 1 | 1 | 2 | C INSERT 0 1 | Z I");
}

}  // namespace
}  // namespace tidemark::session
