// Tokens and keys: what the session requires, shown, reported and taken over, each in its place.
#include "session/testing.h"

namespace tidemark::session {
namespace {

using namespace testing;

class Tokens : public Conversation {
 protected:
  static std::string shows(const std::string& token, char status = 'I') {
    return "T tidemark.token | D " + token + " | C SHOW | Z " + status;
  }
  static std::string sealed(consistency::Lsn writes, std::uint64_t cluster = 7) {
    return encode(
        {.system_identifier = cluster, .timeline = 1, .writes = writes, .reads = {}, .shown = true},
        "a key of the tests");
  }
  std::string set_token(const std::string& token) {
    client.sends(query("SET tidemark.token = '" + token + "'"));
    return client.got();
  }
  void is_pinned() {
    says("CREATE TEMP TABLE x (a int)", primary, complete("CREATE TABLE") + ready());
    ASSERT_FALSE(primary.is_free());
    forget();
  }
};

TEST_F(Tokens, ShownWithoutAServer) {
  client.sends(query("SHOW tidemark.token") + query("SHOW tidemark.token"));
  EXPECT_EQ(client.got(), shows("token 1") + " | " + shows("token 2"));
  EXPECT_EQ(client.requests, 0);
}

TEST_F(Tokens, ShownByABatch) {
  client.sends(prepared_and_run("SHOW tidemark.token"));
  EXPECT_EQ(client.got(), "1 | 2 | T tidemark.token | D token 1 | C SHOW | Z I");
}

TEST_F(Tokens, WhatFollowsWaitsUntilTheTokenIsThere) {
  client.holds_tokens = true;
  client.sends(query("SHOW tidemark.token") + query("SHOW tidemark.level"));
  EXPECT_EQ(client.got(), "");
  client.machine().provide_token("abc");
  client.pump();
  EXPECT_EQ(client.got(), shows("abc") + " | T tidemark.level | D session | C SHOW | Z I");
}

TEST_F(Tokens, ATokenThatCannotBeHadIsAnError) {
  client.holds_tokens = true;
  client.sends(query("SHOW tidemark.token"));
  client.machine().refuse_token({"40001", "not now", {}, {}});
  client.pump();
  EXPECT_EQ(client.got(), "E 40001 | Z I");
}

TEST_F(Tokens, ShownInATransactionAndByAPinnedClient) {
  is_in_transaction();
  client.sends(query("SHOW tidemark.token"));
  EXPECT_EQ(client.got(), shows("token 1", 'T'));
  client.sends(query("ROLLBACK"));
  primary.answers(complete("ROLLBACK") + ready());
  client.got();
  is_pinned();
  client.sends(query("SHOW tidemark.token"));
  EXPECT_EQ(client.got(), shows("token 2"));
}

TEST_F(Tokens, ShownByABatchInATransactionAndByAPinnedClient) {
  is_in_transaction();
  client.sends(prepared_and_run("SHOW tidemark.token"));
  primary.answers(ready('T'));
  EXPECT_EQ(client.got(), "1 | 2 | T tidemark.token | D token 1 | C SHOW | Z T");
  client.sends(query("ROLLBACK"));
  primary.answers(complete("ROLLBACK") + ready());
  client.got();
  is_pinned();
  client.sends(prepared_and_run("SHOW tidemark.token"));
  primary.answers(ready());
  EXPECT_EQ(client.got(), "1 | 2 | T tidemark.token | D token 2 | C SHOW | Z I");
}

TEST_F(Tokens, ABatchThatShowsOneWaitsForWhatWasSentBeforeIt) {
  is_in_transaction();
  client.holds_tokens = true;
  client.sends(query("INSERT INTO t VALUES (1)") + prepared_and_run("SHOW tidemark.token"));
  EXPECT_EQ(client.token_requests, 0);
  primary.answers(complete("INSERT 0 1") + ready('T'));
  EXPECT_EQ(client.token_requests, 1);
  EXPECT_EQ(client.got(), "C INSERT 0 1 | Z T | 1 | 2 | T tidemark.token");
  client.machine().refuse_token({"40001", "not now", {}, {}});
  client.pump();
  primary.answers(error("42601") + ready('E') + ready('E'));
  EXPECT_EQ(client.got(), "E 40001 | Z E");
}

TEST_F(Tokens, NotShownBehindWhatTheServerWasGivenOfTheBatch) {
  is_in_transaction();
  client.sends(parse("", "INSERT INTO t VALUES (1)") + bind_to("") + execute() +
               parse("", "SHOW tidemark.token") + bind_to("") + execute() + sync());
  primary.answers(parsed() + bound() + complete("INSERT 0 1") + error("42601") + ready('E') +
                  ready('E'));
  EXPECT_EQ(client.got(), "1 | 2 | C INSERT 0 1 | 1 | 2 | E 0A000 | Z E");
  EXPECT_EQ(client.token_requests, 0);
}

TEST_F(Tokens, OneThatWasNotShownIsNotKeptForLater) {
  client.sends(parse("", "SHOW tidemark.token") + bind_to("") + sync());
  EXPECT_EQ(client.got(), "1 | 2 | Z I");
  client.sends(query("SHOW tidemark.token"));
  EXPECT_EQ(client.got(), shows("token 2"));
}

TEST_F(Tokens, OneOfAFailedTransactionIsNotKeptForLater) {
  is_in_transaction();
  says("SELECT a FROM t", primary, error("42P01") + ready('E'));
  client.sends(query("SHOW tidemark.token"));
  EXPECT_EQ(client.got(), "E 25P02 | Z E");
  says("ROLLBACK", primary, complete("ROLLBACK") + ready());
  client.sends(query("SHOW tidemark.token"));
  EXPECT_EQ(client.got(), shows("token 2"));
}

TEST_F(Tokens, ReportedBeforeTheTransactionsEndIs) {
  client.sends(query("SET tidemark.report_token = on"));
  client.got();
  client.holds_tokens = true;
  client.sends(query("INSERT INTO t VALUES (1)") + query("SHOW tidemark.level"));
  primary.answers(complete("INSERT 0 1") + ready());
  EXPECT_EQ(client.got(), "C INSERT 0 1");
  EXPECT_TRUE(primary.is_free());
  client.machine().provide_token("abc");
  client.pump();
  EXPECT_EQ(client.got(),
            "S tidemark.token=abc | Z I | T tidemark.level | D session | C SHOW | Z I");
}

TEST_F(Tokens, ReportedOnlyIfItIsNews) {
  client.sends(query("SET tidemark.report_token = on"));
  client.got();
  client.holds_tokens = true;
  for (const char* heard : {"S tidemark.token=abc | Z I", "Z I"}) {
    client.sends(query("INSERT INTO t VALUES (1)"));
    primary.answers(complete("INSERT 0 1") + ready());
    client.got();
    client.machine().provide_token("abc");
    client.pump();
    EXPECT_EQ(client.got(), heard);
  }
}

TEST_F(Tokens, ReportedOnceForWhatIsPipelined) {
  client.sends(query("SET tidemark.report_token = on"));
  client.got();
  client.sends(query("INSERT INTO t VALUES (1)") + query("INSERT INTO t VALUES (2)"));
  primary.answers(complete("INSERT 0 1") + ready() + complete("INSERT 0 1") + ready());
  EXPECT_EQ(client.got(), "C INSERT 0 1 | Z I | C INSERT 0 1 | S tidemark.token=token 1 | Z I");
}

TEST_F(Tokens, NotReportedInTheMiddleOfATransaction) {
  client.sends(query("SET tidemark.report_token = on"));
  is_in_transaction();
  EXPECT_EQ(client.token_requests, 0);
  client.sends(query("COMMIT"));
  primary.answers(complete("COMMIT") + ready());
  EXPECT_EQ(client.got(), "C COMMIT | S tidemark.token=token 1 | Z I");
}

TEST_F(Tokens, ReportedEmptyIfThereIsNone) {
  client.sends(query("SET tidemark.report_token = on"));
  client.got();
  client.holds_tokens = true;
  client.sends(query("SELECT a FROM t"));
  standby.answers(row("1") + ready());
  client.machine().refuse_token({"40001", "not now", {}, {}});
  client.pump();
  EXPECT_EQ(client.got(), "T a | D 1 | C SELECT 1 | Z I");
}

TEST_F(Tokens, AStatementThatWasAnsweredIsOverBeforeTheSessionIs) {
  client.sends(query("SET tidemark.report_token = on"));
  client.holds_tokens = true;
  forget();
  client.sends(query("DO $$ BEGIN END $$"));
  primary.answers(complete("DO") + ready());
  EXPECT_EQ(client.got(), "C DO");
  primary.is_lost();
  EXPECT_EQ(client.got(), "Z I | E FATAL 08006");
}

TEST_F(Tokens, AShutdownComesBehindTheStatementThatWasAnswered) {
  client.sends(query("SET tidemark.report_token = on"));
  client.holds_tokens = true;
  client.sends(query("SELECT a FROM t"));
  standby.answers(row("1") + ready());
  forget();
  client.is_shut_down();
  EXPECT_EQ(client.got(), "Z I | E FATAL 57P01");
}

TEST_F(Tokens, AForgedOrForeignOneIsRefused) {
  EXPECT_EQ(set_token("nonsense"), "E 22023 | Z I");
  EXPECT_EQ(set_token(sealed({5}, 8)), "E 22023 | Z I");
  EXPECT_EQ(set_token(sealed({5})), "C SET | Z I");
  EXPECT_EQ(set_token(""), "C SET | Z I");
  EXPECT_EQ(client.machine().tokens().size(), 1u);
}

TEST_F(Tokens, HoweverManyTakeTheRoomOfOne) {
  for (std::uint64_t lsn = 1; lsn < 50; ++lsn) set_token(sealed({lsn}));
  ASSERT_EQ(client.machine().tokens().size(), 1u);
  EXPECT_EQ(client.machine().tokens()[0].writes, consistency::Lsn{49});
}

TEST_F(Tokens, OneInACommentIsTakenOverBeforeTheStatementIsRouted) {
  client.holds_requests = true;
  client.sends(query("/* tidemark.token='" + sealed({5}) + "' */ SELECT a FROM t"));
  EXPECT_TRUE(client.has_request);
  EXPECT_EQ(client.machine().tokens().size(), 1u);
  client.is_refused({"40001", "not now", {}, {}});
  client.got();
  client.sends(query("/* tidemark.token='nonsense' */ SELECT a FROM t"));
  EXPECT_EQ(client.got(), "E 22023 | Z I");
}

using Keys = Tokens;

TEST_F(Keys, ACommentsKeyIsForItsStatementAlone) {
  client.holds_requests = true;
  client.sends(query("/* tidemark.session='a' */ SELECT a FROM t"));
  EXPECT_EQ(client.machine().session_key(), "a");
  client.goes_to(standby);
  standby.answers(row("1") + ready());
  client.sends(query("SELECT a FROM t"));
  EXPECT_EQ(client.machine().session_key(), "");
}

TEST_F(Keys, WhatIsPipelinedUnderAnotherKeyIsRoutedByItself) {
  client.sends(query("/* tidemark.session='a' */ INSERT INTO t VALUES (1)") +
               query("/* tidemark.session='b' */ INSERT INTO t VALUES (2)"));
  EXPECT_EQ(primary.got(), "Q /* tidemark.session='a' */ INSERT INTO t VALUES (1)");
  EXPECT_EQ(client.machine().session_key(), "a");
  primary.answers(complete("INSERT 0 1") + ready());
  EXPECT_EQ(client.machine().session_key(), "b");
  EXPECT_EQ(primary.got(), "Q /* tidemark.session='b' */ INSERT INTO t VALUES (2)");
  EXPECT_EQ(client.requests, 2);
}

TEST_F(Keys, WhatIsPipelinedUnderTheSameKeyGoesOnIfItTouchesTheSame) {
  client.sends(query("SET tidemark.session = 'a'"));
  client.sends(query("INSERT INTO t VALUES (1)") + query("INSERT INTO t VALUES (2)") +
               query("INSERT INTO u VALUES (3)"));
  EXPECT_EQ(primary.got(), "Q INSERT INTO t VALUES (1) | Q INSERT INTO t VALUES (2)");
}

TEST_F(Keys, WhatTheSessionHasReadOnAStandbyIsAskedForBeforeThePrimaryShowsIt) {
  says("SELECT a FROM u", standby, row("1") + ready());
  client.sends(query("INSERT INTO t VALUES (1)") + query("INSERT INTO u VALUES (2)"));
  EXPECT_EQ(primary.got(), "Q INSERT INTO t VALUES (1)");
  primary.answers(complete("INSERT 0 1") + ready());
  EXPECT_EQ(primary.got(), "Q INSERT INTO u VALUES (2)");
  EXPECT_EQ(client.requests, 3);
}

TEST_F(Keys, APinnedClientsMarksAreForTheKeyOfNow) {
  is_pinned();
  client.sends(query("SET tidemark.session = 'a'") + query("INSERT INTO t VALUES (1)"));
  EXPECT_EQ(client.machine().session_key(), "a");
  primary.answers(complete("INSERT 0 1") + ready());
  client.sends(query("/* tidemark.session='b' */ INSERT INTO t VALUES (1)"));
  EXPECT_EQ(client.machine().session_key(), "b");
  primary.answers(complete("INSERT 0 1") + ready());
  forget();
  client.sends(query("/* tidemark.token='nonsense' */ INSERT INTO t VALUES (1)"));
  EXPECT_EQ(client.got(), "E 22023 | Z I");
  EXPECT_EQ(primary.got(), "");
}

TEST_F(Keys, ABatchThatBeginsATransactionIsAskedForAllThatMayFollow) {
  client.holds_requests = true;
  client.sends(parse("", "BEGIN") + bind_to("") + execute() + parse("", "SELECT a FROM t") +
               bind_to("") + execute() + sync());
  ASSERT_TRUE(client.has_request);
  EXPECT_TRUE(client.machine().request().tables.any());
}

}  // namespace
}  // namespace tidemark::session
