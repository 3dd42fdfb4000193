// Settings that follow a client, what is asked behind its back, and what pins it.
#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;

const std::string k_work_mem = "Q SELECT pg_catalog.current_setting('work_mem',true)";

class SettingsOfAClient : public Conversation {
 protected:
  void sets_work_mem(std::string_view value) {
    client.sends(query("SET work_mem = '" + std::string(value) + "'"));
    primary.answers(complete("SET") + ready());
    primary.answers(row(value) + ready());
    forget();
  }
  static std::string probed(std::initializer_list<std::optional<std::string_view>> residues) {
    return row_description({"a"}) + data_row(residues) + complete("SELECT 1") + ready();
  }
};

TEST_F(SettingsOfAClient, SetIsAnsweredAndThenItsValueIsAsked) {
  client.sends(query("SET work_mem = '8MB'"));
  EXPECT_EQ(primary.got(), "Q SET work_mem = '8MB'");
  primary.answers(complete("SET") + ready());
  EXPECT_EQ(client.got(), "C SET | Z I");
  EXPECT_EQ(primary.got(), k_work_mem);
  EXPECT_FALSE(primary.is_free());
  primary.answers(row("8MB") + ready());
  EXPECT_EQ(client.got(), "");
  EXPECT_TRUE(primary.is_free());
  EXPECT_EQ(setting_or_empty(primary.machine().settings(), "work_mem"), "8MB");
}

TEST_F(SettingsOfAClient, TheNextServerIsAlignedUnseen) {
  sets_work_mem("8MB");
  client.sends(query("SELECT a FROM t"));
  EXPECT_EQ(standby.got(), "Q SELECT pg_catalog.set_config('work_mem','8MB',false);");
  standby.answers(row("8MB") + ready());
  EXPECT_EQ(standby.got(), "Q SELECT a FROM t");
  standby.answers(row("1") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I");
  says("SELECT a FROM t", standby, row("1") + ready());
  EXPECT_EQ(standby.got(), "Q SELECT a FROM t");
}

TEST_F(SettingsOfAClient, WhatAnotherClientSetIsTakenBackFirst) {
  primary.machine().set_settings(std::make_shared<const Settings>(Settings{{"search_path", "x"}}));
  client.sends(query("INSERT INTO t VALUES (1)"));
  EXPECT_EQ(primary.got(), "Q RESET \"search_path\";");
  primary.answers(complete("RESET") + ready());
  EXPECT_EQ(primary.got(), "Q INSERT INTO t VALUES (1)");
}

TEST_F(SettingsOfAClient, AServerThatCannotBeAlignedIsClosedAndTheStatementRefused) {
  sets_work_mem("8MB");
  client.sends(query("SELECT a FROM t"));
  standby.answers(error("42501") + ready());
  EXPECT_EQ(client.got(), "E 42501 | Z I");
  EXPECT_TRUE(standby.broken());
}

TEST_F(SettingsOfAClient, AServerLostWhileItIsAlignedIsReplaced) {
  sets_work_mem("8MB");
  client.sends(query("SELECT a FROM t"));
  standby.got();
  standby.is_lost();
  EXPECT_FALSE(client.is_closed);
  EXPECT_EQ(standby.got(), "Q SELECT pg_catalog.set_config('work_mem','8MB',false);");
}

// Its statement was answered, and nothing is on the server but what its text says.
TEST_F(SettingsOfAClient, AServerLostBeforeItTellsAValueIsMissedByNobodyIfTheTextTellsIt) {
  client.sends(query("SET work_mem = '8MB'") + query("SET search_path TO app"));
  primary.answers(complete("SET") + ready() + complete("SET") + ready());
  EXPECT_EQ(client.got(), "C SET | Z I | C SET | Z I");
  primary.answers(error("57P01", "FATAL"));
  primary.is_lost();
  EXPECT_EQ(client.got(), "");
  EXPECT_FALSE(client.is_closed);
  client.sends(query("SELECT a FROM t"));
  EXPECT_EQ(standby.got(),
            "Q SELECT pg_catalog.set_config('search_path','app',false);SELECT "
            "pg_catalog.set_config('work_mem','8MB',false);");
  standby.answers(row("app") + row("8MB") + ready());
  standby.answers(row("1") + ready());
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I");
  EXPECT_NO_THROW(client.reader("app")) << "it is read by that path";
}

TEST_F(SettingsOfAClient, AServerLostBeforeItTellsWhatNoTextDoesEndsTheSession) {
  const std::string set = query("SET work_mem = '8MB'");
  const std::string one = complete("SET") + ready();
  const std::pair<std::string, std::string> cases[] = {
      {query("SET search_path TO 'App'"), one},
      {query("SET statement_timeout = -1"), one},
      {query("SET TIME ZONE INTERVAL '1' HOUR TO MINUTE"), one},
      {query("SET datestyle = German"), one},
      {query("SET work_mem = '1MB'; SET work_mem = '2MB'"), one},
      {query("BEGIN; SET work_mem = '8MB'; ROLLBACK"), one},
      {query("SELECT set_config('a.b', 'c', false)"), one},
      {set + parse("", "SET work_mem = '9MB'") + bind_to("") + sync(),
       one + parsed() + bound() + ready()},
      {set + query("RESET ALL"), one + complete("RESET") + ready()},
      {set + query("DO $$ BEGIN END $$"), one + complete("DO") + ready()},
  };
  for (const auto& [said, answer] : cases) {
    ScriptedServer node{0};
    ScriptedClient another{{&node}, 2};
    another.logs_in();
    another.sends(said);
    node.answers(answer);
    const std::string got = node.got();
    EXPECT_NE(got.find("Q SELECT pg_catalog.current_setting"), std::string::npos) << got;
    another.got();
    node.is_lost();
    EXPECT_EQ(another.got(), "E FATAL 08006") << got;
  }
}

TEST_F(SettingsOfAClient, SetInATransactionIsAskedForAtItsEnd) {
  is_in_transaction();
  client.sends(query("SET work_mem = '8MB'"));
  primary.answers(complete("SET") + ready('T'));
  EXPECT_EQ(primary.got(), "Q SET work_mem = '8MB'");
  client.sends(query("ROLLBACK"));
  primary.answers(complete("ROLLBACK") + ready());
  EXPECT_EQ(primary.got(), "Q ROLLBACK | " + k_work_mem);
  primary.answers(row("4MB") + ready());
  EXPECT_TRUE(primary.is_free());
}

TEST_F(SettingsOfAClient, SetLocalIsNotAskedFor) {
  is_in_transaction();
  client.sends(query("SET LOCAL work_mem = '8MB'") + query("COMMIT"));
  primary.answers(complete("SET") + ready('T') + complete("COMMIT") + ready());
  EXPECT_TRUE(primary.is_free());
}

TEST_F(SettingsOfAClient, ResetForgetsWithoutAsking) {
  sets_work_mem("8MB");
  says("RESET work_mem", primary, complete("RESET") + ready());
  EXPECT_TRUE(primary.is_free());
  EXPECT_EQ(primary.machine().settings(), nullptr);
  says("SELECT a FROM t", standby, row("1") + ready());
  EXPECT_EQ(standby.got(), "Q SELECT a FROM t");
}

TEST_F(SettingsOfAClient, ResetAllForgetsThemAll) {
  sets_work_mem("8MB");
  says("RESET ALL", primary, complete("RESET") + ready());
  EXPECT_TRUE(primary.is_free());
  EXPECT_EQ(primary.machine().settings(), nullptr);
}

TEST_F(SettingsOfAClient, DiscardAllForgetsSettingsAndNames) {
  sets_work_mem("8MB");
  client.sends(parse("s", "INSERT INTO t VALUES (1)") + sync());
  (primary.is_free() ? standby : primary).answers(parsed() + ready());
  forget();
  client.sends(query("DISCARD ALL"));
  primary.answers(complete("DISCARD ALL") + ready());
  EXPECT_EQ(client.got(), "C DISCARD ALL | Z I");
  EXPECT_TRUE(primary.is_free());
  EXPECT_EQ(primary.machine().settings(), nullptr);
  EXPECT_EQ(primary.machine().names().size(), 0U);
}

TEST_F(SettingsOfAClient, AValueThatCannotBeAskedForPins) {
  client.sends(query("SET work_mem = '8MB'"));
  primary.answers(complete("SET") + ready());
  primary.answers(error("53200") + ready());
  EXPECT_EQ(client.got(), "C SET | Z I");
  EXPECT_EQ(client.machine().pin(), sql::Pin::k_settings_unknown);
  EXPECT_FALSE(primary.is_free());
}

TEST_F(SettingsOfAClient, AnOpaqueStatementIsProbed) {
  client.sends(query("DO $$ BEGIN END $$"));
  primary.answers(complete("DO") + ready());
  EXPECT_EQ(client.got(), "C DO | Z I");
  EXPECT_EQ(primary.got(), "Q DO $$ BEGIN END $$ | Q <probe>");
  primary.answers(probed({"f", "f", "f", "f", "0"}));
  EXPECT_TRUE(primary.is_free());
  EXPECT_EQ(client.machine().pin(), sql::Pin::k_none);
}

TEST_F(SettingsOfAClient, WhatTheProbeFindsPins) {
  client.sends(query("DO $$ BEGIN END $$"));
  primary.answers(complete("DO") + ready());
  primary.answers(probed({"f", "t", "f", "f", "0"}));
  EXPECT_FALSE(primary.is_free());
  EXPECT_EQ(client.machine().pin(), sql::Pin::k_listen);
  EXPECT_EQ(client.got(), "C DO | Z I");
}

TEST_F(SettingsOfAClient, AStatementPreparedBehindTheGatewaysBackPins) {
  client.sends(query("DO $$ BEGIN END $$"));
  primary.answers(complete("DO") + ready());
  primary.answers(probed({"f", "f", "f", "f", "1"}));
  EXPECT_EQ(client.machine().pin(), sql::Pin::k_settings_unknown);
}

TEST_F(SettingsOfAClient, WhatTheTextShowsPinsAtOnce) {
  says("CREATE TEMP TABLE x (a int)", primary, complete("CREATE TABLE") + ready());
  EXPECT_EQ(client.machine().pin(), sql::Pin::k_temporary_table);
  EXPECT_FALSE(primary.is_free());
  client.sends(query("SELECT a FROM t"));
  EXPECT_TRUE(standby.is_free());
  EXPECT_EQ(primary.got(), "Q CREATE TEMP TABLE x (a int) | Q SELECT a FROM t");
}

TEST_F(SettingsOfAClient, APinnedServerIsClosedWithItsClient) {
  says("LISTEN news", primary, complete("LISTEN") + ready());
  client.sends(terminate());
  EXPECT_TRUE(client.is_closed);
  EXPECT_TRUE(primary.is_free());
  EXPECT_TRUE(primary.broken());
}

TEST_F(SettingsOfAClient, APinnedClientHearsNotificationsWhileIdle) {
  says("LISTEN news", primary, complete("LISTEN") + ready());
  primary.answers(notification("news"));
  EXPECT_EQ(client.got(), "A");
}

TEST_F(SettingsOfAClient, APinnedClientsTransactionsBeginOnTheServer) {
  says("LISTEN news", primary, complete("LISTEN") + ready());
  primary.got();
  client.sends(query("BEGIN"));
  EXPECT_EQ(primary.got(), "Q BEGIN");
}

// ALTER ROLE … SET search_path has changed what logins find.
class AnotherSearchPath : public ::testing::Test {
 protected:
  AnotherSearchPath() {
    client.logs_in();
    client.got();
  }

  const std::string k_aligned = "Q SELECT pg_catalog.set_config('search_path','public',false);";
  ScriptedServer primary{0};
  ScriptedServer altered{1, "other"};
  ScriptedClient client{{&primary, &altered}};
};

TEST_F(AnotherSearchPath, IsNotThatOfAClientThatWasGreetedBefore) {
  client.sends(query("SELECT a FROM t"));
  EXPECT_EQ(altered.got(), k_aligned);
  altered.answers(row("public") + ready());
  EXPECT_EQ(altered.got(), "Q SELECT a FROM t");
  altered.answers(row("1") + ready());
  client.sends(query("SELECT a FROM t"));
  EXPECT_EQ(altered.got(), "Q SELECT a FROM t") << "it stays set";
}

TEST_F(AnotherSearchPath, IsLeftToAClientThatWasGreetedWithIt) {
  client.sends(query("SELECT a FROM t"));
  altered.answers(row("public") + ready());
  altered.answers(row("1") + ready());
  altered.forget();
  ScriptedServer fresh{0, "other"};
  ScriptedClient second{{&fresh, &altered}, 2};
  second.logs_in();
  second.sends(query("SELECT a FROM t"));
  EXPECT_EQ(altered.got(), "Q RESET \"search_path\";");
}

TEST_F(AnotherSearchPath, IsWhatResetFindsThere) {
  for (const char* reset : {"RESET search_path", "RESET ALL"}) {
    client.holds_requests = true;
    client.sends(query(reset));
    client.goes_to(altered);
    if (altered.got() == k_aligned) altered.answers(row("public") + ready());
    altered.forget();
    altered.answers(complete("RESET") + ready());
    EXPECT_EQ(altered.got(), "Q SELECT pg_catalog.current_setting('search_path',true)");
    altered.answers(row("other") + ready());
    client.sends(query("SELECT a FROM t"));
    client.goes_to(altered);
    EXPECT_EQ(altered.got(), "Q SELECT a FROM t");
    altered.answers(row("1") + ready());
    EXPECT_NO_THROW(client.reader("other")) << "it is read by that one";
  }
}

}  // namespace
}  // namespace tidemark::session
