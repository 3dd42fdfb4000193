// What a statement touches: through views, functions, partitions, foreign keys, triggers.
#include <gtest/gtest.h>

#include <string>

#include "sql/example_touches.h"

namespace tidemark::sql {
namespace {

TEST(Touched, IsWhatTheTextNames) {
  ExampleDatabase base;
  base.table("public", "t");
  base.table("public", "u");
  base.table("shop", "item");
  EXPECT_EQ(base.touched("SELECT 1"), "nothing");
  EXPECT_EQ(base.touched("SELECT * FROM u, t, shop.item, t AS again"), "reads t u shop.item");
  EXPECT_EQ(base.touched("WITH t AS (SELECT * FROM u) SELECT * FROM t"), "reads u");
  EXPECT_EQ(base.touched("INSERT INTO t SELECT * FROM u"), "reads u, writes t");
  EXPECT_EQ(base.touched("UPDATE t SET a = 1 WHERE b IN (SELECT b FROM t)"), "reads t, writes t");
  EXPECT_EQ(base.touched("WITH x AS (DELETE FROM t RETURNING a) SELECT * FROM x, u"),
            "reads u, writes t");
  EXPECT_EQ(base.touched("MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE"),
            "reads u, writes t");
  EXPECT_EQ(base.touched("TRUNCATE t, u"), "writes t u");
  EXPECT_EQ(base.touched("COPY t FROM STDIN"), "writes t");
  EXPECT_EQ(base.touched("COPY t TO STDOUT"), "reads t");
  EXPECT_EQ(base.touched("DECLARE c CURSOR FOR SELECT * FROM t"), "reads t");
  EXPECT_EQ(base.touched("FETCH c"), "nothing");
  EXPECT_EQ(base.touched("SELECT * FROM pg_catalog.pg_class"), "nothing");
  EXPECT_EQ(base.touched("SELECT * FROM t; DELETE FROM u; SELECT 1"), "reads t, writes u");
}

TEST(Touched, CountsLocksAsWrites) {
  ExampleDatabase base;
  const Oid t = base.table("public", "t");
  base.table("public", "u");
  base.view("public", "v", base.reading({t}));
  base.link("fires", t, k_updates);
  EXPECT_EQ(base.touched("SELECT * FROM t FOR UPDATE"), "reads t, writes t");
  EXPECT_EQ(base.touched("SELECT * FROM (SELECT * FROM t FOR SHARE) x, u"), "reads t u, writes t");
  EXPECT_EQ(base.touched("SELECT * FROM v FOR UPDATE"), "reads t v, writes t v");
  EXPECT_EQ(base.touched("LOCK TABLE t"), "reads t, writes t");
}

TEST(Touched, IsUnknownWhereTheTextDoesNotShowIt) {
  ExampleDatabase base;
  base.table("public", "t");
  base.table("public", "remote", "foreign");
  base.function("wild", 'v', "hidden");
  base.function("tame", 's', "hidden");
  base.function("pure", 'i', "nothing");
  for (const char* text :
       {"not a statement", "DO 'BEGIN END'", "CALL wild()", "SELECT wild()", "SELECT missing()",
        "SELECT query_to_xml('SELECT 1')", "CREATE TABLE x AS EXECUTE p",
        "EXPLAIN ANALYZE EXECUTE p", "EXECUTE p; SELECT 1"}) {
    const std::string touched = base.touched(text);
    EXPECT_TRUE(touched.starts_with("reads?, writes")) << text << ": " << touched;
    EXPECT_TRUE(touched.ends_with("?")) << text << ": " << touched;
  }
  EXPECT_EQ(base.touched("SELECT tame()"), "reads?");
  EXPECT_EQ(base.touched("SELECT table_to_xml('t')"), "reads?");
  EXPECT_EQ(base.touched("SELECT * FROM missing"), "reads?, writes?");
  EXPECT_EQ(base.touched("INSERT INTO missing SELECT 1 FROM t"), "reads t?, writes?");
  EXPECT_EQ(base.touched("SELECT * FROM remote"), "reads remote?");
  EXPECT_EQ(base.touched("SELECT x.tame FROM t x"), "reads t?");
  EXPECT_EQ(base.touched("SELECT pure(), lower('A'), nextval('s') FROM t"), "reads t");
  EXPECT_EQ(base.touched("SELECT lo_put(1, 0, '')"), "writes?");
}

TEST(Touched, ByStatementsThatChangeObjectsIsUnknown) {
  ExampleDatabase base;
  base.table("public", "t");
  for (const char* text : {"CREATE INDEX ON t (a)", "GRANT SELECT ON t TO x", "VACUUM t",
                           "ALTER TABLE t ADD b int", "TRUNCATE t CASCADE", "DROP TABLE t"}) {
    EXPECT_TRUE(base.touched(text).ends_with("?")) << text << ": " << base.touched(text);
  }
  EXPECT_EQ(base.touched("CREATE TABLE x AS SELECT * FROM t"), "reads t, writes?");
  EXPECT_EQ(base.touched("CREATE VIEW x AS SELECT * FROM t"), "writes?");
  EXPECT_EQ(base.touched("COMMIT PREPARED 'x'"), "writes?");
  EXPECT_EQ(base.touched("UPDATE pg_class SET relname = 'x'"), "writes?");
  EXPECT_EQ(base.touched("LOCK TABLE pg_class"), "nothing");
}

TEST(Touched, ByExplainIsOnlyWrittenIfItRuns) {
  ExampleDatabase base;
  base.table("public", "t");
  base.table("public", "u");
  EXPECT_EQ(base.touched("EXPLAIN DELETE FROM t USING u"), "reads u");
  base.function("wild", 'v', "hidden");
  EXPECT_EQ(base.touched("EXPLAIN SELECT wild()"), "reads?");
  EXPECT_EQ(base.touched("EXPLAIN ANALYZE SELECT wild()"), "reads?, writes?");
  EXPECT_EQ(base.touched("EXPLAIN ANALYZE DELETE FROM t USING u"), "reads u, writes t");
}

TEST(Touched, ByAPreparedStatementStandsInTheInnerOne) {
  ExampleDatabase base;
  base.table("public", "t");
  EXPECT_EQ(base.touched("PREPARE p AS DELETE FROM t"), "nothing");
  const auto prepare = classify("PREPARE p AS DELETE FROM t", *base.catalogue());
  ASSERT_EQ(prepare->inner->touched_writes.size(), 1U);
  EXPECT_EQ(base.touched("EXECUTE p((SELECT a FROM t))"), "reads t");
}

TEST(Touched, IncludesWhatLiesBehindViewsOfAnyDepth) {
  ExampleDatabase base;
  const Oid t = base.table("public", "t");
  const Oid inner = base.view("public", "inner_view", base.reading({t}));
  const Oid outer = base.view("public", "outer_view", base.reading({inner, inner}));
  base.view("public", "broken", "no tree");
  EXPECT_EQ(base.touched("SELECT * FROM outer_view"), "reads t inner_view outer_view");
  EXPECT_EQ(base.touched("UPDATE outer_view SET a = 1"),
            "reads t inner_view, writes t inner_view outer_view");
  EXPECT_EQ(base.touched("SELECT * FROM broken"), "reads broken?, writes?");
  base.link("fires", outer, k_inserts);
  EXPECT_EQ(base.touched("INSERT INTO outer_view VALUES (1)"),
            "reads t inner_view?, writes t inner_view outer_view?");
}

TEST(Touched, IncludesWhatPoliciesRead) {
  ExampleDatabase base;
  const Oid members = base.table("public", "members");
  const Oid documents = base.table("public", "documents");
  base.policy(documents, base.reading({members}));
  EXPECT_EQ(base.touched("SELECT * FROM documents"), "reads members documents");
  EXPECT_EQ(base.touched("DELETE FROM documents"), "reads members, writes documents");
}

TEST(Touched, IncludesWhatFunctionsInSqlTouch) {
  ExampleDatabase base;
  const Oid t = base.table("public", "t");
  base.table("public", "u");
  base.table("a", "same");
  base.table("b", "same");
  base.sql_function("reader", "SELECT a FROM t WHERE b = $1");
  base.sql_function("writer", "INSERT INTO u VALUES (1); SELECT reader(1)");
  base.sql_function("anywhere", "SELECT * FROM same");
  base.sql_function("placed", "SELECT * FROM same", "b, pg_temp");
  base.sql_function("newer", "SELECT FROM WHERE");
  base.sql_function("itself", "SELECT itself() FROM t");
  base.function("labelled", 's', "visible", "INSERT INTO u SELECT * FROM t");
  base.function("atomic", 'v', "visible", "", base.reading({t}));
  base.function("modifying", 'v', "visible", "",
                "(({QUERY :commandType 3 :rtable ({RANGETBLENTRY :relid " + base.text(t) + "})}))");
  base.may_use("", "b");
  EXPECT_EQ(base.touched("SELECT reader(1)"), "reads t");
  EXPECT_EQ(base.touched("SELECT * FROM writer()"), "reads t, writes u");
  EXPECT_EQ(base.touched("CALL writer()"), "reads t, writes u");
  EXPECT_EQ(base.touched("SELECT anywhere()"), "reads a.same b.same");
  base.sql_function("moving", "SELECT set_config('Search_Path', 'a', true), 1 FROM same", "b");
  EXPECT_EQ(base.touched("SELECT placed()"), "reads b.same");
  EXPECT_EQ(base.touched("SELECT moving()"), "reads a.same b.same");
  EXPECT_EQ(base.touched("SELECT newer()"), "reads?, writes?");
  EXPECT_EQ(base.touched("SELECT itself()"), "reads t");
  EXPECT_EQ(base.touched("SELECT labelled()"), "reads t");
  EXPECT_EQ(base.touched("SELECT atomic()"), "reads t");
  EXPECT_EQ(base.touched("SELECT modifying()"), "reads t, writes t");
}

TEST(Touched, IncludesWhatOperatorsTypesAndAggregatesTouch) {
  ExampleDatabase base;
  base.table("public", "t");
  const Oid reader = base.function("reader", 's', "visible", "SELECT 1 FROM t");
  base.operation("@@@", reader);
  base.type("checked", reader);
  const Oid aggregate = base.function("collect", 'i', "parts");
  base.link("part", aggregate, reader);
  EXPECT_EQ(base.touched("SELECT 1 @@@ 2"), "reads t");
  EXPECT_EQ(base.touched("SELECT '1'::checked"), "reads t");
  EXPECT_EQ(base.touched("SELECT collect(a) FROM (VALUES (1)) x(a)"), "reads t");
}

TEST(Touched, IncludesAncestors) {
  ExampleDatabase base;
  const Oid events = base.table("public", "events");
  const Oid year = base.table("public", "events_2024");
  const Oid month = base.table("public", "events_2024_05");
  base.link("parent", year, events);
  base.link("parent", month, year);
  EXPECT_EQ(base.touched("SELECT * FROM events_2024_05"),
            "reads events events_2024 events_2024_05");
  EXPECT_EQ(base.touched("INSERT INTO events_2024 VALUES (1)"), "writes events events_2024");
  EXPECT_EQ(base.touched("SELECT * FROM events"), "reads events");
}

TEST(Touched, IncludesTheTablesThatForeignKeysChange) {
  ExampleDatabase base;
  const Oid users = base.table("public", "users");
  const Oid orders = base.table("public", "orders");
  const Oid lines = base.table("public", "lines");
  const Oid notes = base.table("public", "notes");
  base.link("delete c", users, orders);
  base.link("delete c", orders, lines);
  base.link("update c", orders, lines);
  base.link("delete n", users, notes);
  EXPECT_EQ(base.touched("DELETE FROM users"), "writes users orders lines notes");
  EXPECT_EQ(base.touched("UPDATE users SET a = 1"), "writes users");
  EXPECT_EQ(base.touched("INSERT INTO users VALUES (1) ON CONFLICT DO NOTHING"), "writes users");
  EXPECT_EQ(base.touched("UPDATE orders SET a = 1"), "writes orders lines");
  EXPECT_EQ(base.touched("INSERT INTO orders VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2"),
            "writes orders lines");
}

TEST(Touched, FollowsForeignKeysToPartitionsAndFromThem) {
  ExampleDatabase base;
  const Oid events = base.table("public", "events");
  const Oid part = base.table("public", "events_1");
  const Oid notes = base.table("public", "notes");
  const Oid marks = base.table("public", "marks");
  base.link("parent", part, events);
  base.link("delete c", events, notes);
  base.link("delete c", part, marks);
  EXPECT_EQ(base.touched("DELETE FROM events"), "writes events notes marks");
  EXPECT_EQ(base.touched("DELETE FROM events_1"), "writes events events_1 notes marks");
  // The row may leave its partition.
  EXPECT_EQ(base.touched("UPDATE events SET a = 1"), "writes events notes marks");
}

TEST(Touched, IsUnknownWhereTriggersOrRulesFire) {
  ExampleDatabase base;
  const Oid t = base.table("public", "t");
  const Oid parent = base.table("public", "parent");
  const Oid child = base.table("public", "child");
  base.link("fires", t, k_inserts | 1);
  base.link("parent", child, parent);
  base.link("fires", child, k_deletes);
  EXPECT_EQ(base.touched("INSERT INTO t VALUES (1)"), "reads?, writes t?");
  EXPECT_EQ(base.touched("COPY t FROM STDIN"), "reads?, writes t?");
  EXPECT_EQ(base.touched("DELETE FROM t"), "writes t");
  EXPECT_EQ(base.touched("SELECT * FROM t"), "reads t");
  EXPECT_EQ(base.touched("DELETE FROM parent"), "reads?, writes parent?");
  EXPECT_EQ(base.touched("TRUNCATE parent"), "writes parent");
}

TEST(Touched, IncludesWhatDefaultsAndChecksTouch) {
  ExampleDatabase base;
  const Oid t = base.table("public", "t");
  base.table("public", "numbers");
  const Oid next = base.sql_function("next_number", "UPDATE numbers SET n = n + 1 RETURNING n");
  base.stores(t, base.calling(next));
  EXPECT_EQ(base.touched("INSERT INTO t VALUES (DEFAULT)"), "writes t numbers");
  EXPECT_EQ(base.touched("DELETE FROM t"), "writes t");
  const Oid u = base.table("public", "u");
  base.link("column", u, base.type("numbered", next));
  EXPECT_EQ(base.touched("INSERT INTO u VALUES (1)"), "writes numbers u");
}

TEST(Touched, ByRefreshIsWhatTheMaterializedViewIsMadeOf) {
  ExampleDatabase base;
  const Oid t = base.table("public", "t");
  const Oid stored = base.table("public", "stored");
  base.stores(stored, base.reading({t}));
  EXPECT_EQ(base.touched("SELECT * FROM stored"), "reads stored");
  EXPECT_EQ(base.touched("REFRESH MATERIALIZED VIEW stored"), "reads t, writes stored");
}

TEST(Touched, FollowsTheSearchPath) {
  ExampleDatabase base;
  base.table("a", "t");
  base.table("b", "t");
  base.table("c", "t");
  base.table("a", "pg_class");
  base.may_use("", "a");
  base.may_use("ann", "b");
  base.may_use("", "pg_catalog");
  const auto touched = [&](const char* path, const char* role, const char* text) {
    return base.touched(text, SearchPath::parse(path, role));
  };
  EXPECT_EQ(base.touched("SELECT * FROM t"), "reads a.t b.t c.t");
  EXPECT_EQ(touched("a, b", "ann", "SELECT * FROM t"), "reads a.t");
  EXPECT_EQ(touched("b, a, c", "ann", "SELECT * FROM t"), "reads b.t");
  // PostgreSQL passes over a schema that the role may not use.
  EXPECT_EQ(touched("b, a, c", "bob", "SELECT * FROM t"), "reads a.t b.t");
  EXPECT_EQ(touched("b, a, c", "bob", "SELECT * FROM c.t"), "reads c.t");
  EXPECT_EQ(touched("nowhere", "ann", "SELECT * FROM t"), "reads?, writes?");
  EXPECT_EQ(touched("", "ann", "SELECT * FROM t"), "reads?, writes?");
  EXPECT_EQ(touched("a", "ann", "SELECT * FROM pg_class"), "nothing");
  EXPECT_EQ(touched("a, pg_catalog", "ann", "SELECT * FROM pg_class"), "reads a.pg_class");
}

TEST(Touched, KnowsNoPathBehindAChangeOfIt) {
  ExampleDatabase base;
  base.table("a", "t");
  base.table("b", "t");
  base.may_use("", "a");
  const SearchPath path = SearchPath::parse("a", "ann");
  EXPECT_EQ(base.touched("SELECT 1; SELECT * FROM t", path), "reads a.t");
  for (const char* change : {"SET search_path = b", "SET LOCAL search_path = b", "RESET ALL",
                             "SET ROLE bob", "ROLLBACK"}) {
    EXPECT_EQ(base.touched(std::string(change) + "; SELECT * FROM t", path), "reads a.t b.t")
        << change;
  }
}

TEST(Touched, SaysOfWhatOthersThatAreListedSpeak) {
  ExampleDatabase base;
  const Oid parent = base.table("public", "parent");
  base.link("parent", base.table("public", "part"), parent);
  base.view("public", "v", base.reading({parent}));
  const auto statement = classify("SELECT * FROM part, v", *base.catalogue());
  ASSERT_EQ(statement->touched_reads.size(), 3U);
  for (const Touched& each : statement->touched_reads) {
    EXPECT_EQ(each.spoken_for, each.name != "parent") << each.name;
  }
}

TEST(Touched, ThatIsTooMuchToListIsUnknown) {
  ExampleDatabase base;
  const Oid root = base.table("public", "root");
  for (int i = 0; i < 1000; ++i) {
    base.link("delete c", root, base.table("public", ("child_" + std::to_string(i)).c_str()));
  }
  EXPECT_EQ(base.touched("DELETE FROM root"), "reads?, writes?");
  EXPECT_EQ(base.touched("INSERT INTO root VALUES (1)"), "writes root");
}

}  // namespace
}  // namespace tidemark::sql
