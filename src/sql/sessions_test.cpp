#include <gtest/gtest.h>

#include "sql/expect_each.h"

namespace tidemark::sql {
namespace {

TEST(Sessions, ControlTransactions) {
  expect_each({
      {"BEGIN", "begin"},
      {"START TRANSACTION", "begin"},
      {"BEGIN READ ONLY", "begin"},
      {"BEGIN READ WRITE", "begin"},
      {"BEGIN ISOLATION LEVEL REPEATABLE READ", "begin"},
      {"BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE", "begin, primary"},
      {"BEGIN TRANSACTION ISOLATION LEVEL READ UNCOMMITTED", "begin"},
      {"COMMIT", "commit"},
      {"END", "commit"},
      {"COMMIT AND CHAIN", "commit"},
      {"ROLLBACK", "rollback"},
      {"ABORT", "rollback"},
      {"ROLLBACK AND CHAIN", "rollback"},
      {"SAVEPOINT a", "savepoint"},
      {"RELEASE a", "savepoint"},
      {"ROLLBACK TO SAVEPOINT a", "savepoint"},
      {"PREPARE TRANSACTION 'a'", "prepare transaction, primary, may write"},
      {"COMMIT PREPARED 'a'", "finish prepared transaction, primary, may write"},
      {"ROLLBACK PREPARED 'a'", "finish prepared transaction, primary, may write"},
      {"SET TRANSACTION READ ONLY", "set transaction, set local"},
      {"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "set transaction, primary, set local"},
      {"SET TRANSACTION SNAPSHOT 'a'", "set transaction, primary"},
      {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE",
       "set transaction, set default_transaction_isolation, set default_transaction_read_only"},
      {"SET transaction_isolation TO 'serializable'", "set transaction, primary, set local"},
      {"SET transaction_read_only = on", "set transaction, set local"},
      {"BEGIN; SET TRANSACTION READ ONLY", "begin, set local"},
      {"BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "begin, primary, set local"},
      {"BEGIN; SET TRANSACTION SNAPSHOT 'a'", "several statements, primary, controls transaction"},
      {"BEGIN; SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
       "several statements, primary, controls transaction, set default_transaction_read_only"},
      {"BEGIN; SET TRANSACTION READ ONLY; SELECT 1",
       "several statements, primary, controls transaction, set local"},
      {"SELECT 1; SET TRANSACTION READ ONLY", "several statements, set local"},
      {"FETCH 10 FROM c", "fetch"},
      {"MOVE c", "fetch"},
      {"CLOSE c", "fetch"},
      {"CLOSE ALL", "fetch"},
      {"DECLARE c CURSOR WITH HOLD FOR SELECT * FROM t",
       "query, primary, pin cursor WITH HOLD, reads t"},
      {"DECLARE c CURSOR FOR SELECT * FROM t FOR UPDATE", "query, primary, may write, reads t"},
  });
}

TEST(Sessions, ChangeSettings) {
  expect_each({
      {"SET work_mem = '1MB'", "set, set work_mem"},
      {"SET SESSION Work_Mem TO DEFAULT", "set, set work_mem"},
      {"SET LOCAL work_mem = '1MB'", "set, set local"},
      {"SET TIME ZONE 'UTC'", "set, set timezone"},
      {"SET TIME ZONE LOCAL", "set, set timezone"},
      {"SET NAMES 'utf8'", "set, set client_encoding"},
      {"SET SCHEMA 'x'", "set, set search_path"},
      {"SET search_path = shop, \"Public\"", "set, set search_path"},
      {"SET search_path = pg_temp, public", "set, primary, pin temporary table, set search_path"},
      {"SET ROLE joe", "set, set role"},
      {"SET ROLE NONE", "set, set role"},
      {"RESET ROLE", "reset, set role"},
      {"RESET work_mem", "reset, set work_mem"},
      {"RESET ALL", "reset all, set all"},
      {"DISCARD ALL", "discard all, set all"},
      {"DISCARD PLANS", "query, primary"},
      {"DISCARD TEMP", "query, primary"},
      {"SET SESSION AUTHORIZATION joe",
       "set, primary, pin SET SESSION AUTHORIZATION, set session_authorization"},
      {"RESET SESSION AUTHORIZATION",
       "reset, primary, pin SET SESSION AUTHORIZATION, set session_authorization"},
      {"SET seed = 0.5", "set, primary, pin seed of the random numbers, set seed"},
      {"SET standard_conforming_strings = off",
       "set, primary, pin standard_conforming_strings, set standard_conforming_strings"},
      {"SET standard_conforming_strings = on", "set, set standard_conforming_strings"},
      {"SET tidemark.level = 'strong'", "set, set tidemark.level"},
      {"SELECT set_config('work_mem', '1MB', false)", "query, primary, set work_mem"},
      {"SELECT set_config('Work_Mem', '1MB', true)", "query, primary, set local"},
      {"SELECT set_config('work_mem', '1MB', a) FROM t", "query, primary, set work_mem, reads t"},
      {"SELECT set_config(setting_name => 'work_mem', new_value => '1MB', is_local => true)",
       "query, primary, set local"},
      {"SELECT set_config($1, $2, false)", "query, primary, pin set_config of an unknown setting"},
      {"SELECT set_config(a, b, false) FROM t",
       "query, primary, pin set_config of an unknown setting, reads t"},
      {"SELECT set_config('seed', '0.5', false)",
       "query, primary, pin seed of the random numbers, set seed"},
      {"SELECT set_config('standard_conforming_strings', $1, false)",
       "query, primary, pin standard_conforming_strings, set standard_conforming_strings"},
      {"SELECT set_config('search_path', '', false)", "query, primary, set search_path"},
      {"SELECT set_config('search_path', 'pg_temp', false)",
       "query, primary, pin temporary table, set search_path"},
      {"SELECT set_config('session_authorization', 'joe', false)",
       "query, primary, pin SET SESSION AUTHORIZATION, set session_authorization"},
      {"EXPLAIN SELECT set_config('work_mem', '1MB', false)", "query, primary"},
      {"EXPLAIN ANALYZE SELECT set_config('work_mem', '1MB', false)",
       "query, primary, set work_mem"},
  });
}

TEST(Sessions, PrepareStatements) {
  expect_each({
      {"PREPARE p AS SELECT * FROM t", "prepare"},
      {"PREPARE p (int) AS DELETE FROM t WHERE a = $1", "prepare"},
      {"EXECUTE p", "execute"},
      {"EXECUTE p(1)", "execute"},
      {"EXECUTE p(wild())", "execute, primary, may write, opaque"},
      {"EXECUTE p((SELECT nextval('serial_numbers')))", "execute, primary, may write"},
      {"DEALLOCATE p", "deallocate"},
      {"DEALLOCATE ALL", "deallocate all"},
  });
}

TEST(Sessions, KeepConnectionsInside) {
  expect_each({
      {"SELECT dblink_connect('x')",
       "query, primary, may write, opaque, pin connection kept by a function"},
      {"SELECT other.dblink_exec('x')",
       "query, primary, may write, opaque, pin connection kept by a function"},
      {"SELECT * FROM dblink('SELECT 1') AS x(a int)", "query, primary, may write, opaque"},
  });
}

TEST(Sessions, ABeginTakesWhatIsSetBehindIt) {
  const auto begin = classify(
      "BEGIN READ WRITE; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION READ "
      "ONLY",
      Catalogue());
  EXPECT_EQ(begin->kind, Kind::k_begin);
  EXPECT_EQ(begin->sets_of_begin, 2);
  EXPECT_EQ(begin->read_only, true);
  EXPECT_EQ(begin->isolation, Isolation::k_repeatable_read);
}

std::string steps_of(std::string_view text) {
  std::string steps;
  const auto statement = classify(text, Catalogue());
  for (const TransactionStep& step : statement->steps) {
    static constexpr const char* k_words[] = {"savepoint", "release", "back to", "commit",
                                              "rollback"};
    steps += (steps.empty() ? "" : ", ") + std::string(k_words[static_cast<int>(step.kind)]);
    if (!step.savepoint.empty()) steps += " " + step.savepoint;
  }
  return steps;
}

TEST(Texts, TellWhatTheyDoToTheTransactionInOrder) {
  EXPECT_EQ(steps_of("SAVEPOINT A"), "savepoint a");
  EXPECT_EQ(steps_of("SAVEPOINT \"A\""), "savepoint A");
  EXPECT_EQ(steps_of("RELEASE SAVEPOINT a"), "release a");
  EXPECT_EQ(steps_of("ROLLBACK TO a"), "back to a");
  EXPECT_EQ(steps_of("COMMIT"), "");
  EXPECT_EQ(steps_of("ROLLBACK TO a; SELECT 1; END; SAVEPOINT b; ABORT; PREPARE TRANSACTION 'x'"),
            "back to a, commit, savepoint b, rollback, commit");
}

std::string behind_end_of(std::string_view text) {
  const auto behind_end = classify(text, *example_catalogue())->behind_end;
  return behind_end == nullptr ? "nothing" : summary(*behind_end);
}

TEST(Texts, TellWhatFollowsTheEndOfATransaction) {
  EXPECT_EQ(behind_end_of("COMMIT"), "nothing");
  EXPECT_EQ(behind_end_of("INSERT INTO t VALUES (1); COMMIT;"), "nothing");
  EXPECT_EQ(behind_end_of("ROLLBACK TO a; DELETE FROM t"), "nothing");
  EXPECT_EQ(behind_end_of("BEGIN; SET TRANSACTION READ ONLY"), "nothing");
  EXPECT_EQ(behind_end_of("DELETE FROM t; COMMIT; DELETE FROM u; SELECT 1"),
            "several statements, primary, may write, writes u");
  EXPECT_EQ(behind_end_of("ROLLBACK; DELETE FROM u; COMMIT; DELETE FROM t"),
            "several statements, primary, may write, controls transaction, writes t u");
  EXPECT_EQ(behind_end_of("SELEC 1;"), "nothing");
  EXPECT_TRUE(behind_end_of("SELEC 1; SELECT 1").starts_with("not understood"));
}

TEST(Texts, OfSeveralStatementsMergeTheirFlags) {
  expect_each({
      {"SELECT 1; SELECT 2", "several statements"},
      {"SELECT 1; DELETE FROM t", "several statements, primary, may write, writes t"},
      {"SET work_mem = '1MB'; SET LOCAL lock_timeout = 1; SELECT * FROM t",
       "several statements, set work_mem, set local, reads t"},
      {"BEGIN; SELECT 1; COMMIT", "several statements, primary, controls transaction"},
      {"PREPARE p AS SELECT 1; SELECT 2", "several statements, primary, opaque"},
      {"EXECUTE p; SELECT 1", "several statements, primary, may write, opaque"},
      {"CREATE TEMP TABLE x (a int); LISTEN a",
       "several statements, primary, may write, pin temporary table, ddl, writes x"},
      {"SELECT * FROM t; SELECT * FROM u; SELECT * FROM t", "several statements, reads t u"},
      {";;SELECT 1;;", "query"},
  });
}

TEST(Settings, OfTheGatewayAreUnheardWhereAServerWouldTakeThemForItsOwn) {
  expect_each({
      {"SET tidemark.level = 'strong'", "set, set tidemark.level"},
      {"SHOW tidemark.level", "show, primary, session catalog"},
      {"SELECT set_config('Tidemark.level', 'strong', false)",
       "query, primary, set tidemark.level, unheard tidemark.level"},
      {"SELECT pg_catalog.set_config('tidemark.level', $1, true)",
       "query, primary, set local, unheard tidemark.level"},
      {"EXPLAIN ANALYZE SELECT set_config('tidemark.level', 'strong', true)",
       "query, primary, set local, unheard tidemark.level"},
      {"SET tidemark.level = 'strong'; SELECT 1",
       "several statements, set tidemark.level, unheard tidemark.level"},
      {"SELECT 1; SET LOCAL tidemark.level = 'strong'",
       "several statements, set local, unheard tidemark.level"},
      {"SELECT 1; SHOW tidemark.route",
       "several statements, primary, unheard tidemark.route, session catalog"},
      {"SELECT set_config('work_mem', '1MB', false)", "query, primary, set work_mem"},
      {"ALTER ROLE joe SET tidemark.level = 'strong'",
       "query, primary, may write, unheard tidemark.level, ddl"},
      {"ALTER ROLE joe RESET tidemark.level", "query, primary, may write, ddl"},
      {"ALTER DATABASE shop SET tidemark.level = 'strong'",
       "query, primary, may write, unheard tidemark.level, ddl, database shop"},
      {"ALTER DATABASE shop SET work_mem = '1MB'", "query, primary, may write, ddl, database shop"},
  });
}

TEST(Texts, OfNothingDoNothing) {
  expect_each({
      {"", "empty"},
      {";", "empty"},
      {"-- only a comment", "empty"},
      {"/* only a comment */", "empty"},
  });
}

TEST(Texts, NotUnderstoodMayDoAnything) {
  expect_each({
      {"SELEC 1",
       "not understood, primary, may write, opaque, controls transaction, session catalog, "
       "prepared catalog, ddl"},
      {"SELECT 1; SELEC 2",
       "not understood, primary, may write, opaque, controls transaction, session catalog, "
       "prepared catalog, ddl"},
      {"SELECT 'x",
       "not understood, primary, may write, opaque, controls transaction, session catalog, "
       "prepared catalog, ddl"},
      {"MERGE INTO t USING u ON true WHEN NOT MATCHED BY SOURCE THEN DELETE",
       "not understood, primary, may write, opaque, controls transaction, session catalog, "
       "prepared catalog, ddl"},
  });
}

}  // namespace
}  // namespace tidemark::sql
