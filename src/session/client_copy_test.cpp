// COPY in both directions and protocols, and messages too long to be held.
#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;

class Streams : public Conversation {
 protected:
  // Beyond what arrives, what is waiting to be sent may grow by this much, in bytes.
  static constexpr std::size_t k_slack = 1024;
};

TEST_F(Streams, CopyInByAQueryGivesItsServerBackAtTheEnd) {
  client.sends(query("COPY t FROM STDIN"));
  primary.answers(copy_in());
  client.sends(copy_data("1\n") + copy_data("2\n") + copy_done());
  EXPECT_EQ(primary.got(), "Q COPY t FROM STDIN | d 1\n | d 2\n | c");
  primary.answers(complete("COPY 2") + ready());
  EXPECT_EQ(client.got(), "G | C COPY 2 | Z I");
  EXPECT_TRUE(primary.is_free());
  EXPECT_TRUE(has_written());
}

TEST_F(Streams, CopyInThatTheClientFails) {
  client.sends(query("COPY t FROM STDIN"));
  primary.answers(copy_in());
  client.sends(copy_data("1\n") + copy_fail("enough"));
  EXPECT_EQ(primary.got(), "Q COPY t FROM STDIN | d 1\n | f enough");
  primary.answers(error("57014") + ready());
  EXPECT_EQ(client.got(), "G | E 57014 | Z I");
  EXPECT_TRUE(primary.is_free());
}

TEST_F(Streams, WhatIsLeftOfACopyThatTheServerFailedIsDropped) {
  client.sends(query("COPY t FROM STDIN"));
  primary.answers(copy_in());
  client.sends(copy_data("bad"));
  primary.answers(error("22P02") + ready());
  EXPECT_TRUE(primary.is_free());
  client.sends(copy_data("more") + copy_done() + query("SHOW tidemark.level"));
  EXPECT_EQ(client.got(), "G | E 22P02 | Z I | T tidemark.level | D session | C SHOW | Z I");
}

TEST_F(Streams, CopyInInABatchIgnoresTheSyncBeforeItsEnd) {
  client.sends(parse("", "COPY t FROM STDIN") + bind_to("") + execute() + sync());
  primary.answers(parsed() + bound() + copy_in());
  client.sends(copy_data("1\n") + copy_done() + sync());
  EXPECT_EQ(primary.got(), "P - COPY t FROM STDIN | B - - | E - | S | d 1\n | c | S");
  primary.answers(complete("COPY 1") + ready());
  EXPECT_EQ(client.got(), "1 | 2 | G | C COPY 1 | Z I");
  EXPECT_TRUE(primary.is_free());
}

TEST_F(Streams, CopyInThatFailsInABatchEndsTheServersUse) {
  client.sends(parse("", "COPY t FROM STDIN") + bind_to("") + execute() + sync());
  primary.answers(parsed() + bound() + copy_in());
  client.sends(copy_data("bad") + copy_done() + sync());
  primary.answers(error("22P02") + ready());
  EXPECT_TRUE(client.got().starts_with("1 | 2 | G | E 22P02 | Z I"));
}

TEST_F(Streams, CopyOutIsPassedOn) {
  client.sends(query("COPY t TO STDOUT"));
  ScriptedServer& server = primary.is_free() ? standby : primary;
  server.answers(copy_out() + made([](std::string& out) { wire::append_copy_data(out, "1\n"); }) +
                 made(wire::append_copy_done) + complete("COPY 1") + ready());
  EXPECT_EQ(client.got(), "H | d 1\n | c | C COPY 1 | Z I");
  EXPECT_TRUE(server.is_free());
}

TEST_F(Streams, CopyDataIsPassedOnAsItComes) {
  client.sends(query("COPY t FROM STDIN"));
  primary.answers(copy_in());
  forget();
  const std::string huge = copy_data(std::string(4 * Client::k_head_limit, 'x'));
  constexpr std::size_t k_piece = 16 * 1024;
  std::size_t arrived = 0;
  for (std::size_t at = 0; at < huge.size(); at += k_piece) {
    client.sends(std::string_view(huge).substr(at, k_piece));
    // At first up to the head that decisions look at, then what came.
    const std::size_t count = primary.received().size();
    EXPECT_LE(count, arrived == 0 ? Client::k_head_limit + k_piece : k_piece + k_slack);
    arrived += count;
  }
  EXPECT_EQ(arrived, huge.size());
}

TEST_F(Streams, ALongRowIsPassedOnAsItComes) {
  client.sends(query("SELECT a FROM t"));
  standby.answers(row_description({"a"}));
  const std::string huge = data_row({std::string(1 << 20, 'x')});
  standby.answers(std::string_view(huge).substr(0, 1000));
  std::size_t received = client.received().size();
  EXPECT_GE(received, 1000U);
  for (std::size_t at = 1000; at < huge.size(); at += 1000) {
    const std::string_view piece = std::string_view(huge).substr(at, 1000);
    standby.answers(piece);
    ASSERT_EQ(client.received(), piece);
  }
  standby.answers(complete("SELECT 1") + ready());
  EXPECT_EQ(client.got(), "C SELECT 1 | Z I");
  EXPECT_TRUE(standby.is_free());
}

TEST_F(Streams, AQueryTooLongToLookAtPins) {
  const std::string huge = "SELECT '" + std::string(2 * Client::k_head_limit, 'x') + "'";
  client.sends(query(huge), 16 * 1024);
  EXPECT_EQ(primary.got(), "Q <" + std::to_string(huge.size()) + " bytes>");
  primary.answers(row("x") + ready());
  EXPECT_EQ(client.got(), "T a | D x | C SELECT 1 | Z I");
  EXPECT_EQ(client.machine().pin(), sql::Pin::k_settings_unknown);
  EXPECT_FALSE(primary.is_free());
}

TEST_F(Streams, AParameterTooLongToLookAtIsPassedOn) {
  client.sends(parse("s", "INSERT INTO t VALUES ($1)") + sync());
  primary.answers(parsed() + ready());
  forget();
  const std::string huge = bind_with("s", std::string(2 * Client::k_head_limit, 'x'));
  client.sends(huge + execute() + sync(), 16 * 1024);
  EXPECT_EQ(primary.got(), "B - s | E - | S");
  primary.answers(bound() + complete("INSERT 0 1") + ready());
  EXPECT_TRUE(primary.is_free());
}

TEST_F(Streams, ALongErrorIsPassedOnAndTheServerGivenBack) {
  client.sends(query("INSERT INTO t VALUES (1)"));
  const std::string huge = made([](std::string& out) {
    wire::append_error(out, "ERROR", "22012", std::string(2 * Server::k_whole_frame_limit, 'x'));
  });
  primary.answers(huge + ready(), 10'000);
  EXPECT_EQ(client.got(), "E 22012 | Z I");
  EXPECT_TRUE(primary.is_free());
}

TEST_F(Streams, AHugeBindOfALockInAReadOnlyTransactionIsRefused) {
  is_reading_in_transaction();
  const std::string huge(2 * Client::k_head_limit, 'x');
  client.sends(parse("", "SELECT pg_advisory_lock($1)") + bind_with("", huge) + execute() + sync(),
               8192);
  standby.answers(parsed() + error("42601") + ready('E') + ready('E'));
  EXPECT_EQ(client.got(), "1 | E 25006 | Z E");
}

TEST_F(Streams, AHugeBindOfAnOwnSettingIsNoHarm) {
  client.sends(parse("s", "SET tidemark.level = 'strong'") + sync());
  client.got();
  const std::string huge(2 * Client::k_head_limit, 'x');
  client.sends(bind_with("s", huge) + execute() + sync(), 8192);
  primary.answers(ready());
  EXPECT_EQ(client.got(), "2 | C SET | Z I");
}

TEST_F(Streams, AHugeMessageIsSkippedToItsEnd) {
  is_reading_in_transaction();
  const std::string huge(2 * Client::k_head_limit, '\0');
  client.sends(
      parse("", "SELECT pg_advisory_lock($1)") + bind_to("") + bind_with("", huge) + sync(), 8192);
  standby.answers(parsed() + error("42601") + ready('E') + ready('E'));
  EXPECT_EQ(client.got(), "1 | E 25006 | Z E");
}

TEST_F(Streams, AHugeParseIsNotOverruledByTheOneBefore) {
  client.sends(prepared_and_run("SELECT a FROM t"));
  standby.answers(parsed() + bound() + row("1") + ready());
  const std::string huge =
      "INSERT INTO t VALUES ('" + std::string(Client::k_head_limit, 'x') + "')";
  client.sends(parse("", huge) + bind_to("") + execute() + sync());
  EXPECT_EQ(primary.got(), "P - <" + std::to_string(huge.size()) + " bytes> | B - - | E - | S");
}

TEST_F(Streams, WhatIsLeftOfACopyThatFailedInATransactionHoldsNothingUp) {
  is_in_transaction();
  client.sends(query("COPY t FROM STDIN") + copy_data("bad"));
  primary.answers(copy_in() + error("22P02") + ready('E'));
  client.sends(copy_data("1") + copy_done() + query("SHOW tidemark.level"));
  client.got();
  client.sends(terminate());
  EXPECT_TRUE(client.is_closed);
}

}  // namespace
}  // namespace tidemark::session
