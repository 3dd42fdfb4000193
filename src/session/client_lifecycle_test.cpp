// Cancelling, shutting down, going away; and pieces: whatever the size in which bytes arrive, each
// side sees the same.
#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;
using Lifecycle = Conversation;

TEST_F(Lifecycle, CancelWhileARequestWaitsIsAnsweredHere) {
  client.holds_requests = true;
  client.sends(query("SELECT a FROM t"));
  client.is_cancelled();
  EXPECT_EQ(client.got(), "E 57014 | Z I");
  EXPECT_FALSE(client.machine().waits());
}

// Of ten thousand clients nearly all are idle.
TEST_F(Lifecycle, AnIdleClientHoldsNothingOfAStatement) {
  EXPECT_LE(sizeof(Client), 1400u);
  client.holds_requests = true;
  client.sends(query("SELECT a FROM t"));
  client.machine().request().excluded = 1;
  client.goes_to(standby);
  EXPECT_EQ(client.machine().request().excluded, 1u) << "it may be run again elsewhere";
  standby.answers(complete("SELECT 1") + ready());
  EXPECT_EQ(client.got(), "C SELECT 1 | Z I");
  EXPECT_EQ(client.machine().request().excluded, 0u);
}

TEST_F(Lifecycle, CancelWhileABatchWaitsSkipsIt) {
  client.holds_requests = true;
  client.sends(query("BEGIN") + prepared_and_run("SELECT a FROM t"));
  client.is_cancelled();
  EXPECT_EQ(client.got(), "C BEGIN | Z T | E 57014 | Z E");
}

TEST_F(Lifecycle, CancelOfWhatRunsIsTheServersToDo) {
  client.sends(query("SELECT a FROM t"));
  client.is_cancelled();
  EXPECT_EQ(client.cancels, 1);
  standby.answers(error("57014") + ready());
  EXPECT_EQ(client.got(), "E 57014 | Z I");
}

TEST_F(Lifecycle, CancelOfNothingDoesNothing) {
  client.is_cancelled();
  is_in_transaction();
  client.is_cancelled();
  EXPECT_EQ(client.cancels, 0);
}

// What the gateway runs for itself before the client's statement is not what was meant.
TEST_F(Lifecycle, CancelWaitsForTheClientsStatement) {
  says("SET work_mem = '8MB'", primary, complete("SET") + ready());
  primary.answers(row("8MB") + ready());
  client.sends(query("SELECT a FROM t"));
  client.is_cancelled();
  EXPECT_EQ(client.cancels, 0);
  standby.answers(row("8MB") + ready());  // aligned
  EXPECT_EQ(client.cancels, 1);
  standby.answers(error("57014") + ready());
  EXPECT_EQ(client.got(), "E 57014 | Z I");
}

TEST_F(Lifecycle, CancelOfWhatIsOverCancelsNothingLater) {
  says("CREATE TEMP TABLE x (a int)", primary, complete("CREATE TABLE") + ready());
  client.sends(query("BEGIN"));
  primary.answers(complete("BEGIN") + ready('T'));
  client.sends(query("SET tidemark.level = 'bogus'"));  // fails the transaction there, too
  client.is_cancelled();
  primary.answers(error("42601") + ready('E'));
  client.sends(query("ROLLBACK"));
  EXPECT_EQ(client.cancels, 0);
}

TEST_F(Lifecycle, AShutdownIsToldAtOnceToWhoIsIdle) {
  client.is_shut_down();
  EXPECT_EQ(client.got(), "E FATAL 57P01");
  EXPECT_TRUE(client.is_closed);
}

TEST_F(Lifecycle, AShutdownWaitsForTheStatement) {
  client.sends(query("SELECT a FROM t"));
  client.is_shut_down();
  EXPECT_FALSE(client.is_closed);
  standby.answers(row("1") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I | E FATAL 57P01");
  EXPECT_TRUE(client.is_closed);
  EXPECT_FALSE(standby.broken());
}

TEST_F(Lifecycle, AShutdownWaitsForTheTransaction) {
  is_in_transaction();
  client.is_shut_down();
  client.sends(query("COMMIT"));
  EXPECT_FALSE(client.is_closed);
  primary.answers(complete("COMMIT") + ready());
  EXPECT_EQ(client.got(), "C COMMIT | Z I | E FATAL 57P01");
  EXPECT_TRUE(client.is_closed);
}

TEST_F(Lifecycle, AShutdownEndsAPinnedClientToo) {
  says("LISTEN news", primary, complete("LISTEN") + ready());
  client.is_shut_down();
  EXPECT_TRUE(client.got().starts_with("E FATAL 57P01"));
  EXPECT_TRUE(client.is_closed);
  EXPECT_TRUE(primary.broken());
}

TEST_F(Lifecycle, AShutdownIsToldWhenATransactionOfNothingEnds) {
  client.sends(query("BEGIN"));
  client.is_shut_down();
  client.sends(query("COMMIT"));
  EXPECT_EQ(client.got(), "C BEGIN | Z T | C COMMIT | Z I | E FATAL 57P01");
  EXPECT_TRUE(client.is_closed);
}

TEST_F(Lifecycle, AClientThatIsGoneWhileItWaitsAsksForNothing) {
  client.holds_requests = true;
  client.sends(query("SELECT a FROM t"));
  client.hangs_up();
  EXPECT_EQ(client.machine().server(), nullptr);
}

TEST_F(Lifecycle, AClientGoneBetweenStatementsOfATransactionTakesItsServerAway) {
  is_in_transaction();
  client.hangs_up();
  EXPECT_TRUE(primary.broken());
}

TEST(ClientLogin, RefusedByTheShellEndsTheConversation) {
  Buffer out;
  Client client(1, out, std::make_shared<const Surroundings>());
  client.on_bytes(
      made([](std::string& packet) { wire::append_startup(packet, 0, {{"user", "u"}}); }));
  ASSERT_TRUE(client.take_actions().authenticate);
  EXPECT_FALSE(client.wants_input() && client.waits());
  client.trust();
  ASSERT_TRUE(client.take_actions().log_in);
  client.refuse({"3D000", "database \"u\" does not exist", {}, {}});
  EXPECT_EQ(in_words(out.view(), told), "E FATAL 3D000");
  EXPECT_TRUE(client.take_actions().close);
}

TEST(ClientLogin, ACancelRequestNamesAnotherAndCloses) {
  Buffer out;
  Client client(1, out, std::make_shared<const Surroundings>());
  client.on_bytes(
      made([](std::string& packet) { wire::append_cancel_request(packet, 7, "key!"); }));
  const Actions actions = client.take_actions();
  EXPECT_TRUE(actions.cancel_other);
  EXPECT_TRUE(actions.close);
  EXPECT_EQ(client.login().cancelled().pid, 7U);
  EXPECT_EQ(client.login().cancelled().key, "key!");
  EXPECT_TRUE(out.empty());
}

// What each side saw of a conversation that has something of everything, with bytes arriving in
// pieces of the given sizes.
std::string seen(std::size_t client_chunk, std::size_t server_chunk) {
  ModelPostgres models[] = {ModelPostgres(), ModelPostgres(true)};
  ScriptedServer primary{0};
  ScriptedServer standby{1};
  primary.plays(models[0]);
  standby.plays(models[1]);
  ScriptedClient client{{&primary, &standby}};
  client.server_chunk = server_chunk;
  client.logs_in();
  const std::string units[] = {
      query("SELECT a FROM t"),
      query("SET tidemark.level = 'eventual'"),
      parse("s", "SELECT b FROM t") + describe_statement("s") + sync(),
      query("BEGIN") + query("INSERT INTO t VALUES (1)") + query("SHOW tidemark.level"),
      run("s"),
      parse("i", "INSERT INTO t VALUES (2)") + bind_to("i") + execute() +
          parse("o", "SHOW tidemark.level") + bind_to("o") + execute() + sync(),
      query("COPY t FROM STDIN") + copy_data("1") + copy_done(),
      query("SELECT 1/0") + query("SELECT a FROM t") + query("ROLLBACK"),
      query("BEGIN READ ONLY") + run("s") + query("INSERT INTO t VALUES (1)") + query("COMMIT"),
      query("BEGIN") + query("COMMIT"),
      run("i"),
      run("s"),
      parse("", "SELECT a FROM t") + flush() + bind_to("") + execute() + flush() + sync(),
      terminate()};
  std::string words;
  for (const std::string& unit : units) {
    client.sends(unit, client_chunk);
    words += client.got() + "\n";
  }
  EXPECT_TRUE(client.is_closed);
  return words + "primary: " + primary.got() + "\nstandby: " + standby.got();
}

TEST(Pieces, EveryBoundaryOfTheClientsBytesShowsTheSame) {
  const std::string whole = seen(k_all, k_all);
  for (const std::size_t chunk : {1, 2, 3, 4, 5, 6, 7, 11, 29}) {
    ASSERT_EQ(seen(chunk, k_all), whole) << "in pieces of " << chunk;
  }
}

TEST(Pieces, EveryBoundaryOfTheServersBytesShowsTheSame) {
  const std::string whole = seen(k_all, k_all);
  for (const std::size_t chunk : {1, 2, 3, 4, 5, 6, 7, 11, 29}) {
    ASSERT_EQ(seen(k_all, chunk), whole) << "in pieces of " << chunk;
    ASSERT_EQ(seen(chunk, chunk), whole) << "both in pieces of " << chunk;
  }
}

}  // namespace
}  // namespace tidemark::session
