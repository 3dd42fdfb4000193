// A client that is pinned to a server connection: where it goes is settled, and all else is asked
// of the router as ever.
#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;

class Pinned : public ::testing::Test {
 protected:
  Pinned() {
    client.logs_in();
    client.sends(query("LISTEN tide"));
    primary.answers(complete("LISTEN") + ready());
    EXPECT_EQ(client.machine().pin(), sql::Pin::k_listen);
    client.got();
    primary.forget();
    client.holds_requests = true;
  }

  const Refusal refusal{"40001", "the primary does not show it yet", {}, "Retry."};
  ScriptedServer primary{0};
  ScriptedServer standby{1};
  ScriptedClient client{{&primary, &standby}};
};

TEST_F(Pinned, AStatementWaitsUntilTheRouterLetsIt) {
  client.sends(query("SELECT a FROM t"));
  ASSERT_TRUE(client.has_request);
  EXPECT_TRUE(client.machine().request().needs_primary);
  EXPECT_TRUE(client.machine().request().promise.reads);
  EXPECT_EQ(primary.got(), "");
  client.goes_to(primary);
  EXPECT_EQ(primary.got(), "Q SELECT a FROM t");
  primary.answers(row("1") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I");
  EXPECT_FALSE(primary.is_free());
}

TEST_F(Pinned, ARefusedStatementLeavesItWhereItIs) {
  client.sends(query("SELECT a FROM t"));
  client.is_refused(refusal);
  EXPECT_EQ(client.got(), "E 40001 | Z I");
  EXPECT_EQ(primary.got(), "");
  EXPECT_FALSE(primary.is_free());
  client.sends(parse("", "SELECT a FROM t") + bind_to("") + execute() + sync());
  client.is_refused(refusal);
  EXPECT_EQ(client.got(), "E 40001 | Z I");
  client.sends(query("SELECT b FROM u"));
  client.goes_to(primary);
  EXPECT_EQ(primary.got(), "Q SELECT b FROM u");
}

TEST_F(Pinned, WhatItsTransactionMayTouchIsAskedWhenItBegins) {
  client.sends(query("BEGIN"));
  ASSERT_TRUE(client.has_request);
  EXPECT_TRUE(client.machine().request().tables.any());
  client.goes_to(primary);
  primary.answers(complete("BEGIN") + ready('T'));
  client.sends(query("SELECT a FROM t"));
  EXPECT_FALSE(client.has_request);
  EXPECT_EQ(primary.got(), "Q BEGIN | Q SELECT a FROM t");
}

TEST_F(Pinned, WhatTouchesNoDataAsksNobody) {
  client.sends(query("SET tidemark.level = 'session'"));
  EXPECT_EQ(client.got(), "C SET | Z I");
  client.sends(query("SET work_mem = '8MB'"));
  EXPECT_FALSE(client.has_request);
  EXPECT_EQ(primary.got(), "Q SET work_mem = '8MB'");
}

TEST_F(Pinned, ATokenIsTakenOverByTheNextStatement) {
  const Token token{.system_identifier = 7, .timeline = 1, .writes = {100}, .reads = {}};
  client.sends(query("SET tidemark.token = '" + client.machine().seal(token) + "'"));
  EXPECT_EQ(client.got(), "C SET | Z I");
  client.sends(query("SELECT a FROM t"));
  ASSERT_TRUE(client.has_request);
  EXPECT_EQ(client.machine().tokens().size(), 1U);
}

TEST_F(Pinned, WhereThePrimaryIsAnotherOneTheSessionEnds) {
  client.sends(query("SELECT a FROM t"));
  client.goes_to(standby);
  EXPECT_EQ(client.got(), "E FATAL 57P01");
  EXPECT_TRUE(client.is_closed);
}

TEST_F(Pinned, ACancelledStatementNeverRuns) {
  client.sends(query("SELECT a FROM t"));
  client.is_cancelled();
  EXPECT_FALSE(client.has_request);
  EXPECT_EQ(client.got(), "E 57014 | Z I");
  EXPECT_EQ(primary.got(), "");
}

TEST_F(Pinned, NotificationsArriveWhileAStatementWaits) {
  client.sends(query("SELECT a FROM t"));
  primary.answers(notification("tide"));
  EXPECT_EQ(client.got(), "A");
  client.goes_to(primary);
  EXPECT_EQ(primary.got(), "Q SELECT a FROM t");
}

}  // namespace
}  // namespace tidemark::session
