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

TEST(Changes, OfDataNeedThePrimary) {
  expect_each({
      {"INSERT INTO t VALUES (1)", "query, primary, may write, writes t"},
      {"INSERT INTO shop.item SELECT * FROM t ON CONFLICT DO NOTHING RETURNING id",
       "query, primary, may write, reads t, writes shop.item"},
      {"UPDATE t SET a = u.a FROM u WHERE t.id = u.id",
       "query, primary, may write, reads u, writes t"},
      {"DELETE FROM t USING u WHERE t.id = u.id", "query, primary, may write, reads u, writes t"},
      {"MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE",
       "query, primary, may write, reads u, writes t"},
      {"TRUNCATE t, u", "query, primary, may write, writes t u"},
      {"COPY t FROM STDIN", "query, primary, may write, writes t"},
      {"COPY t FROM '/file'", "query, primary, may write, writes t"},
      {"COPY t TO '/file'", "query, primary, reads t"},
      {"COPY t TO PROGRAM 'cat'", "query, primary, reads t"},
      {"COPY (DELETE FROM t RETURNING a) TO STDOUT", "query, primary, may write, writes t"},
      {"EXPLAIN DELETE FROM t", "query, primary, writes t"},
      {"EXPLAIN ANALYZE DELETE FROM t", "query, primary, may write, writes t"},
      {"EXPLAIN (ANALYZE false) DELETE FROM t", "query, primary, writes t"},
      {"EXPLAIN (ANALYZE off, ANALYZE on) SELECT wild()", "query, primary, may write, opaque"},
      {"EXPLAIN SELECT wild()", "query, primary"},
      {"EXPLAIN EXECUTE p(1)", "query, primary"},
      {"EXPLAIN ANALYZE EXECUTE p(1)", "query, primary, may write, opaque"},
      {"EXPLAIN CREATE TABLE x AS SELECT 1", "query, primary, writes x"},
      {"VACUUM t", "query, primary, may write, writes t"},
      {"ANALYZE", "query, primary, may write"},
      {"REINDEX TABLE t", "query, primary, may write, writes t"},
      {"CLUSTER t", "query, primary, may write, writes t"},
      {"REFRESH MATERIALIZED VIEW x", "query, primary, may write, writes x"},
      {"LOCK TABLE t IN EXCLUSIVE MODE", "query, primary, may write, reads t"},
      {"COMMENT ON TABLE t IS 'x'", "query, primary, may write"},
      {"GRANT SELECT ON t TO public", "query, primary, may write, writes t"},
      {"REVOKE SELECT ON t FROM public", "query, primary, may write, writes t"},
      {"CHECKPOINT", "query, primary"},
      {"NOTIFY a", "query, primary"},
      {"NOTIFY a, 'b'", "query, primary"},
      {"UNLISTEN a", "query, primary"},
      {"LISTEN a", "query, primary, pin LISTEN"},
      {"LOAD 'auto_explain'", "query, primary, opaque, pin LOAD"},
      {"DO 'BEGIN END'", "query, primary, may write, opaque"},
      {"CALL a_procedure(1)", "query, primary, may write, opaque"},
      {"CALL a_procedure(nextval('serial_numbers'))", "query, primary, may write, opaque"},
      {"SET CONSTRAINTS ALL IMMEDIATE", "query, primary, may write"},
      {"ALTER SYSTEM SET work_mem = '1MB'", "query, primary, may write"},
      {"SECURITY LABEL ON TABLE t IS 'x'", "query, primary, may write, ddl"},
  });
}

TEST(Changes, OfTheSchemaNeedThePrimaryAndReloadTheCatalogue) {
  expect_each({
      {"CREATE TABLE x (a int DEFAULT nextval('serial_numbers'))",
       "query, primary, may write, ddl, writes x"},
      {"CREATE TABLE x AS SELECT * FROM t", "query, primary, may write, ddl, reads t, writes x"},
      {"CREATE TABLE x AS EXECUTE p", "query, primary, may write, opaque, ddl, writes x"},
      {"CREATE UNLOGGED TABLE x (a int)", "query, primary, may write, ddl, writes x"},
      {"CREATE TEMP TABLE x (a int)",
       "query, primary, may write, pin temporary table, ddl, writes x"},
      {"CREATE TEMPORARY TABLE x (a int) ON COMMIT DROP",
       "query, primary, may write, ddl, writes x"},
      {"CREATE TEMP TABLE x ON COMMIT DELETE ROWS AS SELECT 1",
       "query, primary, may write, pin temporary table, ddl, writes x"},
      {"CREATE TEMP TABLE x ON COMMIT DROP AS SELECT 1",
       "query, primary, may write, ddl, writes x"},
      {"CREATE TABLE pg_temp.x (a int)",
       "query, primary, may write, pin temporary table, ddl, writes pg_temp.x"},
      {"CREATE TEMP VIEW x AS SELECT 1",
       "query, primary, may write, pin temporary table, ddl, writes x"},
      {"CREATE TEMP SEQUENCE x", "query, primary, may write, pin temporary table, ddl, writes x"},
      {"CREATE VIEW x AS SELECT pg_advisory_lock(1) FROM t",
       "query, primary, may write, ddl, reads t, writes x"},
      {"CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
       "query, primary, may write, ddl"},
      {"CREATE FUNCTION pg_temp.x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
       "query, primary, may write, pin temporary table, ddl"},
      {"CREATE TYPE pg_temp.x AS (a int)",
       "query, primary, may write, pin temporary table, ddl, writes pg_temp.x"},
      {"CREATE INDEX ON t (lower(b))", "query, primary, may write, ddl, writes t"},
      {"CREATE INDEX CONCURRENTLY x ON shop.item (a)",
       "query, primary, may write, ddl, writes shop.item"},
      {"CREATE POLICY p ON t USING (wild(a) = 1)", "query, primary, may write, ddl, writes t"},
      {"CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION wild()",
       "query, primary, may write, ddl, writes t"},
      {"CREATE RULE x AS ON INSERT TO t DO INSTEAD INSERT INTO u VALUES (1)",
       "query, primary, may write, ddl, writes t u"},
      {"CREATE SCHEMA x", "query, primary, may write, ddl"},
      {"CREATE EXTENSION dblink", "query, primary, may write, ddl"},
      {"CREATE ROLE x", "query, primary, may write, ddl"},
      {"CREATE PUBLICATION x FOR ALL TABLES", "query, primary, may write, ddl"},
      {"ALTER TABLE t ADD COLUMN c int", "query, primary, may write, ddl, writes t"},
      {"ALTER TABLE shop.item RENAME TO x", "query, primary, may write, ddl, writes shop.item"},
      {"DROP TABLE t, shop.item", "query, primary, may write, ddl, writes t shop.item"},
      {"DROP TABLE pg_temp.x",
       "query, primary, may write, pin temporary table, ddl, writes pg_temp.x"},
      {"DROP VIEW plain_view", "query, primary, may write, ddl, writes plain_view"},
      {"DROP FUNCTION wild()", "query, primary, may write, ddl"},
      {"DROP DATABASE x", "query, primary, may write, ddl, database x"},
      {"CREATE DATABASE x", "query, primary, may write, ddl, database template1"},
      {"CREATE DATABASE x TEMPLATE y", "query, primary, may write, ddl, database y"},
      {"ALTER DATABASE x RENAME TO y", "query, primary, may write, ddl, database x"},
      {"ALTER DATABASE x SET TABLESPACE y", "query, primary, may write, ddl, database x"},
  });
}

}  // namespace
}  // namespace tidemark::sql
