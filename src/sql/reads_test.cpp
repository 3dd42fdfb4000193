#include <gtest/gtest.h>

#include <vector>

#include "sql/classify.h"
#include "sql/example_catalogue.h"
#include "sql/summary.h"

namespace tidemark::sql {
namespace {

struct Case {
  const char* text;
  const char* expected;
};

void expect_each(const std::vector<Case>& cases) {
  const auto catalogue = example_catalogue();
  for (const Case& each : cases) {
    EXPECT_EQ(summary(*classify(each.text, *catalogue)), each.expected) << each.text;
  }
}

TEST(Reads, OfReplicatedDataMayGoToStandbys) {
  expect_each({
      {"SELECT 1", "query"},
      {"SELECT * FROM t", "query, reads t"},
      {"SELECT * FROM shop.item WHERE id = $1", "query, reads shop.item"},
      {"TABLE t", "query, reads t"},
      {"VALUES (1), (2)", "query"},
      {"SELECT now(), current_date, current_user, count(*) FROM t GROUP BY a HAVING sum(a) > 1",
       "query, reads t"},
      {"SELECT lower(b), pure(a) FROM t JOIN u USING (id) ORDER BY 1 LIMIT 10", "query, reads t u"},
      {"WITH x AS (SELECT * FROM t) SELECT * FROM x", "query, reads t"},
      {"WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT * FROM x", "query"},
      {"SELECT * FROM t WHERE a IN (SELECT a FROM u) AND EXISTS (SELECT 1 FROM u)",
       "query, reads t u"},
      {"SELECT 1 UNION SELECT a FROM t EXCEPT SELECT a FROM u", "query, reads t u"},
      {"SELECT * FROM t AS x(a, b) WHERE (x.a, x.b) = (1, 'y')", "query, reads t"},
      {"SELECT row_number() OVER (PARTITION BY a ORDER BY b) FROM t", "query, reads t"},
      {"SELECT * FROM generate_series(1, 10) AS n, LATERAL (SELECT * FROM t WHERE t.a = n) y",
       "query, reads t"},
      {"SELECT extract(epoch FROM now()), now() AT TIME ZONE 'UTC'", "query"},
      {"SELECT CASE a WHEN 1 THEN 'x' ELSE 'y' END, a::text, array[1, 2], b || 'x' FROM t",
       "query, reads t"},
      {"SELECT relname FROM pg_catalog.pg_class", "query, reads pg_catalog.pg_class"},
      {"SELECT * FROM plain_view", "query, reads plain_view"},
      {"SELECT * FROM tenants", "query, session catalog, reads tenants"},
      {"SELECT current_setting('app.tenant')", "query, session catalog"},
      {"SELECT 'pg_advisory_lock(1); DELETE FROM t'", "query"},
      {"SELECT * FROM t TABLESAMPLE system (1) REPEATABLE (1)", "query, reads t"},
      {"COPY t TO STDOUT", "query, reads t"},
      {"COPY (SELECT * FROM t) TO STDOUT (FORMAT csv)", "query, reads t"},
      {"EXPLAIN SELECT * FROM t", "query, reads t"},
      {"EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM t", "query, reads t"},
      {"DECLARE c CURSOR FOR SELECT * FROM t", "query, reads t"},
      {"SELECT * FROM t;", "query, reads t"},
      {"/* note */ SELECT 1 -- note", "query"},
      {"SELECT wild FROM t", "query, reads t"},
      {"SELECT lower.wild FROM t AS lower", "query, reads t"},
  });
}

TEST(Reads, ThatAreNotReadsNeedThePrimary) {
  expect_each({
      {"SELECT * FROM t FOR UPDATE", "query, primary, may write, reads t"},
      {"SELECT * FROM t FOR NO KEY UPDATE", "query, primary, may write, reads t"},
      {"SELECT * FROM t FOR SHARE NOWAIT", "query, primary, may write, reads t"},
      {"SELECT * FROM t FOR KEY SHARE SKIP LOCKED", "query, primary, may write, reads t"},
      {"SELECT * FROM (SELECT * FROM t FOR UPDATE) x", "query, primary, may write, reads t"},
      {"WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
       "query, primary, may write, writes t"},
      {"WITH x AS (UPDATE t SET a = 1 RETURNING *) SELECT * FROM x",
       "query, primary, may write, writes t"},
      {"WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT 1",
       "query, primary, may write, writes t"},
      {"SELECT a INTO x FROM t", "query, primary, may write, ddl, reads t, writes x"},
      {"SELECT a INTO TEMP x FROM t",
       "query, primary, may write, pin temporary table, ddl, reads t, writes x"},
      {"SELECT txid_current()", "query, primary, may write"},
      {"SELECT pg_current_xact_id()", "query, primary, may write"},
      {"SELECT pg_catalog.txid_current()", "query, primary, may write"},
      {"SELECT nextval('serial_numbers')", "query, primary, may write"},
      {"SELECT setval('serial_numbers', 7)", "query, primary, may write"},
      {"SELECT currval('serial_numbers')", "query, primary, pin currval or lastval"},
      {"SELECT lastval()", "query, primary, pin currval or lastval"},
      {"SELECT last_value FROM serial_numbers", "query, primary, reads serial_numbers"},
      {"SELECT last_value FROM public.serial_numbers",
       "query, primary, reads public.serial_numbers"},
      {"SELECT * FROM pg_sequences", "query, primary, reads pg_sequences"},
      {"SELECT pg_sequence_last_value('serial_numbers')", "query, primary"},
      {"SELECT * FROM scratch", "query, primary, reads scratch"},
      {"SELECT * FROM remote", "query, primary, reads remote"},
      {"SELECT random()", "query, primary"},
      {"SELECT clock_timestamp(), timeofday(), gen_random_uuid()", "query, primary"},
      {"SELECT pg_sleep(1)", "query, primary"},
      {"SELECT setseed(0.5)", "query, primary, pin seed of the random numbers"},
      {"SELECT lo_get(1)", "query, primary"},
      {"SELECT lo_create(0)", "query, primary, may write"},
      {"SELECT pg_notify('a', 'b')", "query, primary"},
      {"SELECT * FROM unknown_relation",
       "query, primary, may write, opaque, reads unknown_relation"},
      {"SELECT unknown_function()", "query, primary, may write, opaque"},
      {"SELECT other.lower('x')", "query, primary, may write, opaque"},
      {"SELECT wild()", "query, primary, may write, opaque"},
      {"SELECT public.wild()", "query, primary, may write, opaque"},
      {"SELECT upper('x')", "query, primary, may write, opaque"},
      {"SELECT pg_catalog.upper('x')", "query"},
      {"SELECT * FROM wild()", "query, primary, may write, opaque"},
      {"SELECT * FROM ROWS FROM (wild(), lower('x'))", "query, primary, may write, opaque"},
      {"SELECT 1 WHERE EXISTS (SELECT wild())", "query, primary, may write, opaque"},
      {"SELECT t.wild_column FROM t", "query, primary, may write, opaque, reads t"},
      {"SELECT (t).wild_column FROM t", "query, primary, may write, opaque, reads t"},
      {"SELECT a <~> b FROM t", "query, primary, may write, opaque, reads t"},
      {"SELECT a OPERATOR(public.<~>) b FROM t", "query, primary, may write, opaque, reads t"},
      {"SELECT 'x'::wild_domain", "query, primary, may write, opaque"},
      {"SELECT CAST(a AS public.wild_domain) FROM t", "query, primary, may write, opaque, reads t"},
      {"SELECT count(*) FILTER (WHERE wild() = 1) FROM t",
       "query, primary, may write, opaque, reads t"},
      {"SELECT count(*) OVER (ORDER BY wild()) FROM t",
       "query, primary, may write, opaque, reads t"},
      {"SELECT * FROM t ORDER BY random() LIMIT 1", "query, primary, reads t"},
      {"SELECT * FROM t LIMIT (SELECT wild())", "query, primary, may write, opaque, reads t"},
      {"SELECT query_to_xml('DELETE FROM t', true, false, '')",
       "query, primary, may write, opaque"},
      {"SELECT pg_temp.f()", "query, primary, may write, opaque, pin temporary table"},
      {"SELECT * FROM pg_temp.x",
       "query, primary, may write, opaque, pin temporary table, reads pg_temp.x"},
      {"SELECT * FROM pg_temp_3.x",
       "query, primary, may write, opaque, pin temporary table, reads pg_temp_3.x"},
      {"SELECT 1::pg_temp.x", "query, primary, pin temporary table"},
  });
}

TEST(Reads, OfSessionAdvisoryLocksPin) {
  expect_each({
      {"SELECT pg_advisory_lock(42)", "query, primary, pin session-level advisory lock"},
      {"SELECT pg_try_advisory_lock(42)", "query, primary, pin session-level advisory lock"},
      {"SELECT pg_try_advisory_lock(1, 2)", "query, primary, pin session-level advisory lock"},
      {"SELECT pg_advisory_lock_shared(42)", "query, primary, pin session-level advisory lock"},
      {"SELECT pg_try_advisory_lock_shared(42)", "query, primary, pin session-level advisory lock"},
      {"SELECT pg_advisory_unlock(42)", "query, primary, pin session-level advisory lock"},
      {"SELECT pg_advisory_unlock_all()", "query, primary"},
      {"SELECT pg_catalog.pg_advisory_lock(42)", "query, primary, pin session-level advisory lock"},
      {"SELECT pg_advisory_xact_lock(42)", "query, primary"},
      {"SELECT pg_try_advisory_xact_lock(42)", "query, primary"},
      {"SELECT * FROM t WHERE pg_try_advisory_lock(a)",
       "query, primary, pin session-level advisory lock, reads t"},
      {"EXPLAIN SELECT pg_advisory_lock(42)", "query, primary"},
      {"EXPLAIN ANALYZE SELECT pg_advisory_lock(42)",
       "query, primary, pin session-level advisory lock"},
  });
}

TEST(Reads, OfViewsDoWhatTheirDefinitionsDo) {
  expect_each({
      {"SELECT * FROM view_of_sequence", "query, primary, reads view_of_sequence"},
      {"SELECT * FROM view_of_nextval", "query, primary, may write, reads view_of_nextval"},
      {"SELECT * FROM view_of_lock",
       "query, primary, pin session-level advisory lock, reads view_of_lock"},
      {"SELECT * FROM view_of_view_of_lock",
       "query, primary, pin session-level advisory lock, reads view_of_view_of_lock"},
      {"SELECT * FROM view_of_wild", "query, primary, may write, opaque, reads view_of_wild"},
      {"SELECT * FROM view_of_scratch", "query, primary, reads view_of_scratch"},
      {"SELECT * FROM view_of_activity", "query, primary, reads view_of_activity"},
      {"SELECT * FROM view_of_newer_syntax",
       "query, primary, may write, opaque, session catalog, prepared catalog, reads "
       "view_of_newer_syntax"},
      {"SELECT * FROM public.view_of_lock",
       "query, primary, pin session-level advisory lock, reads public.view_of_lock"},
      {"SELECT * FROM wildly_guarded", "query, primary, may write, opaque, reads wildly_guarded"},
      {"WITH view_of_lock AS (SELECT 1) SELECT * FROM view_of_lock", "query"},
      {"WITH view_of_lock AS (SELECT 1) SELECT * FROM public.view_of_lock",
       "query, primary, pin session-level advisory lock, reads public.view_of_lock"},
      {"WITH x AS (SELECT * FROM view_of_lock), view_of_lock AS (SELECT 1) SELECT * FROM x",
       "query, primary, pin session-level advisory lock, reads view_of_lock"},
      {"SELECT * FROM (WITH view_of_lock AS (SELECT 1) SELECT * FROM view_of_lock) x, view_of_lock",
       "query, primary, pin session-level advisory lock, reads view_of_lock"},
  });
}

TEST(Reads, OfServerStateNeedThePrimary) {
  expect_each({
      {"SELECT * FROM pg_stat_activity", "query, primary, reads pg_stat_activity"},
      {"SELECT * FROM pg_catalog.pg_locks", "query, primary, reads pg_catalog.pg_locks"},
      {"SELECT * FROM pg_settings", "query, primary, session catalog, reads pg_settings"},
      {"SELECT * FROM pg_prepared_statements",
       "query, primary, session catalog, prepared catalog, reads pg_prepared_statements"},
      {"SELECT pg_prepared_statement()", "query, primary, session catalog, prepared catalog"},
      {"SELECT * FROM pg_cursors", "query, primary, session catalog, reads pg_cursors"},
      {"SELECT * FROM pg_prepared_xacts", "query, primary, reads pg_prepared_xacts"},
      {"SELECT * FROM pg_replication_slots", "query, primary, reads pg_replication_slots"},
      {"SELECT pg_backend_pid()", "query, primary, pin pg_backend_pid()"},
      {"SELECT inet_server_addr()", "query, primary"},
      {"SELECT current_setting('work_mem')", "query, primary, session catalog"},
      {"SELECT current_setting(a) FROM t", "query, primary, session catalog, reads t"},
      {"SELECT pg_is_in_recovery()", "query, primary"},
      {"SELECT pg_current_wal_lsn()", "query, primary"},
      {"SELECT pg_last_wal_replay_lsn()", "query, primary"},
      {"SELECT pg_postmaster_start_time(), pg_conf_load_time()", "query, primary"},
      {"SELECT pg_current_snapshot()", "query, primary"},
      {"SELECT txid_current_snapshot()", "query, primary"},
      {"SELECT txid_status(1)", "query, primary"},
      {"SELECT pg_my_temp_schema()", "query, primary"},
      {"SELECT pg_listening_channels()", "query, primary"},
      {"SELECT pg_blocking_pids(1)", "query, primary"},
      {"SELECT pg_relation_size('t')", "query, primary"},
      {"SELECT pg_ls_dir('.')", "query, primary"},
      {"SELECT pg_read_file('PG_VERSION')", "query, primary"},
      {"SELECT pg_export_snapshot()", "query, primary"},
      {"SELECT pg_cancel_backend(1)", "query, primary"},
      {"SELECT pg_stat_reset()", "query, primary"},
      {"SELECT pg_switch_wal()", "query, primary, may write"},
      {"SELECT pg_logical_emit_message(true, 'a', 'b')", "query, primary, may write"},
      {"SELECT pg_create_logical_replication_slot('a', 'b', true)",
       "query, primary, may write, pin replication slot, origin or backup"},
      {"SELECT pg_replication_origin_session_setup('a')",
       "query, primary, may write, pin replication slot, origin or backup"},
      {"SELECT pg_backup_start('a')",
       "query, primary, may write, pin replication slot, origin or backup"},
      {"SHOW work_mem", "show, primary, session catalog"},
      {"SHOW ALL", "show, primary, session catalog"},
      {"SHOW TIME ZONE", "show, primary, session catalog"},
      {"SHOW TRANSACTION ISOLATION LEVEL", "show, primary, session catalog"},
      {"SHOW tidemark.route", "show, primary, session catalog"},
  });
}

}  // namespace
}  // namespace tidemark::sql
