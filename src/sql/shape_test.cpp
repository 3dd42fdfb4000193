#include "sql/shape.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "sql/classify.h"
#include "sql/example_catalogue.h"
#include "sql/other_literals.h"
#include "sql/parse_tree.h"

namespace tidemark::sql {
namespace {

// Readable: I, N, S and C for what is left out. Nothing: the text stands for itself.
std::optional<std::string> shape_of(std::string_view text) {
  ShapeScanner scanner;
  if (!scanner.scan(text)) return std::nullopt;
  std::string key(scanner.key());
  for (char& c : key) {
    if (c > 0 && c <= 4) c = "INSC"[c - 1];
  }
  return key;
}

void expect_shapes(const std::vector<std::pair<std::string, std::string>>& cases) {
  for (const auto& [text, shape] : cases) EXPECT_EQ(shape_of(text), shape) << text;
}

TEST(Shape, IsTheTextWithoutItsConstants) {
  expect_shapes({
      {"SELECT a FROM t WHERE b = 4711", "SELECT a FROM t WHERE b = I"},
      {"SELECT a FROM t1 WHERE b2=-7 AND c>1.5", "SELECT a FROM t1 WHERE b2=-I AND c>N"},
      {"VALUES (2147483647, 2147483648, 007, 00000000000000000001)", "VALUES (I, N, I, I)"},
      {"SELECT 'it''s', '', 'a' 'b'", "SELECT S, S, S S"},
      {"SELECT 'ä'", "SELECT S"},
      {"SELECT 1 /* one /* and */ 2 */ + 1 -- 3 'x'\n", "SELECT I C + I -- 3 'x'\n"},
      {"SELECT \"a1\" , x$1 , $1 , 1", "SELECT \"a1\" , x$1 , $1 , I"},
      {"SELECT 1+2, a[3:4], t.x -5", "SELECT I+I, a[I:I], t.x -I"},
      {"SELECT 1 + /* '/*' */ 2 */ 3", "SELECT I + C I"},
  });
}

TEST(Shape, KeepsWhatIsNoConstantForCertain) {
  expect_shapes({
      {"SELECT 1e5, 0x1F, 1_000, 1a, .5, 5., 1..2, 1",
       "SELECT 1e5, 0x1F, 1_000, 1a, .5, 5., 1..2, I"},
      {"SELECT t.5, $12, x12, 1", "SELECT t.5, $12, x12, I"},
      {"SELECT a1.b_2.c3, ä4, \"5\", 1", "SELECT a1.b_2.c3, ä4, \"5\", I"},
  });
}

TEST(Shape, KeepsCommentsWhereHintsMayBe) {
  expect_shapes({
      {"SELECT 1 /* tidemark.level='strong' */", "SELECT I /* tidemark.level='strong' */"},
      {"SELECT 1 /* a */ /* Tidemark.x=1 */", "SELECT I /* a */ /* Tidemark.x=1 */"},
      {"SELECT 'tidemark.' /* a */", "SELECT S /* a */"},
  });
}

TEST(Shape, IsNotTakenOfWhatIsReadInOtherWays) {
  const std::string zero("SELECT '\0'", 10);
  for (const std::string& text : std::vector<std::string>{
           "SELECT E'a', 1", "SELECT b'1', 1", "SELECT X'1F', 1", "SELECT n'a', 1",
           "SELECT U&'a', 1", "SELECT u&\"a\", 1", "SELECT 'a\\', 1", "SELECT $$1$$, 1",
           "SELECT $a$1$a$, 1", "SELECT 'a", "SELECT 1 /* a", "SELECT \"1", "SELECT 1 \x01",
           "SELECT '\x02', 1", "SELECT '\xFF', 1", zero, "SELECT 1 -- \x03", "SELECT a",
           "SELECT '" + std::string(k_longest_text, 'x') + "'"}) {
    EXPECT_EQ(shape_of(text), std::nullopt) << text;
  }
}

TEST(Shape, IsNotTakenOfAPrefixBehindAnotherToken) {
  for (const char* text : {"E'a'", "SELECT 1e'a', 1", "SELECT $1e'a', 1", "SELECT 'a'e'a', 1",
                           "SELECT 1U&'a'", "SELECT \"a\"U&\"a\", 1", "SELECT $1$a$1$a$"}) {
    EXPECT_EQ(shape_of(text), std::nullopt) << text;
  }
}

TEST(Shape, IsTheSameWhereverInTheTextAConstantStands) {
  for (std::size_t before = 0; before < 20; ++before) {
    for (std::size_t behind = 0; behind < 20; ++behind) {
      const std::string head(before, ' ');
      const std::string tail(behind, 'x');
      EXPECT_EQ(shape_of(head + "'" + tail + "',17 " + tail), head + "S,I " + tail);
      EXPECT_EQ(shape_of(head + "/*" + tail + "*/ " + tail), head + "C " + tail);
      EXPECT_EQ(shape_of(head + "\xFF " + tail + "''"), std::nullopt);
      EXPECT_EQ(shape_of(head + "\x01 " + tail + "''"), std::nullopt);
    }
  }
}

TEST(Shape, TellsWhichNumbersFollowAMinus) {
  const std::string text = "SELECT -1, - \t\n2, 3 - (4), - /* */ 5, - --\n 6, 7-'a' 8 - 9";
  ShapeScanner scanner;
  ASSERT_TRUE(scanner.scan(text));
  std::string negative;
  for (const ShapeScanner::Literal& literal : scanner.literals()) {
    if (literal.minus == ShapeScanner::Literal::k_no_minus) continue;
    EXPECT_EQ(text[literal.minus], '-');
    negative += text[literal.at];
  }
  EXPECT_EQ(negative, "129");
}

bool is_judged_by_shape(std::string_view text) {
  ShapeScanner scanner;
  EXPECT_TRUE(scanner.scan(text)) << text;
  return classify(text, scanner, *example_catalogue()).by_shape;
}

TEST(Shape, JudgesStatementsThatReadAndWriteTables) {
  for (const char* text :
       {"SELECT * FROM t WHERE a = 1 AND b = -2 AND c = - 3.5", "TABLE t LIMIT 1", "VALUES (1)",
        "INSERT INTO t VALUES (1, 'x'), (2, 'y')", "UPDATE t SET a = 'x' WHERE b = 1",
        "DELETE FROM t WHERE a = 'it''s'", "SELECT a::numeric(10, 2) FROM t", "SELECT -2147483648",
        "SELECT interval '1 day', date '2020-01-01', 'x'::regclass, nextval('serial_numbers')",
        "SELECT a FROM t /* request 7 */", "SELECT a /* 1 */ FROM t WHERE b IN (1, 2)"}) {
    EXPECT_TRUE(is_judged_by_shape(text)) << text;
  }
}

TEST(Shape, DoesNotJudgeWhereAConstantMatters) {
  for (const char* text :
       {"SELECT set_config('search_path', 'a', false)", "SELECT current_setting('a.b'), 1",
        "SET a = 1", "SET LOCAL a = 'x'", "BEGIN /* 1 */", "FETCH 5 FROM c", "SELECT 1; SELECT 2",
        "EXPLAIN (ANALYZE 1) SELECT 1", "COPY t FROM STDIN (FORMAT 'csv')", "EXECUTE a (1)",
        "SELECT 1::float(24)", "SELECT 1 FROM", "PREPARE a AS SELECT 1", "LISTEN a /* 1 */",
        "SELECT 'a'\n'b'", "SELECT 1e-5", "SELECT - -1", "CREATE TABLE a (b int DEFAULT 1)"}) {
    EXPECT_FALSE(is_judged_by_shape(text)) << text;
  }
}

// Pieces that have literals in all the places where the grammar has them.
const std::vector<std::string> k_expressions = {"1",
                                                "-1",
                                                "'x'",
                                                "1.5",
                                                "2147483648",
                                                "a",
                                                "b",
                                                "$1",
                                                "now()",
                                                "pure(1)",
                                                "wild('x')",
                                                "nextval('serial_numbers')",
                                                "pg_advisory_lock(1)",
                                                "pg_try_advisory_xact_lock(1, 2)",
                                                "'t'::regclass",
                                                "'x'::wild_domain",
                                                "'7'::varchar(3)",
                                                "1::float(24)",
                                                "interval(3) '1'",
                                                "interval '1' day to second(3)",
                                                "timestamp(3) 'now'",
                                                "extract('year' from now())",
                                                "a[1:2]",
                                                "(b).wild_column",
                                                "b LIKE 'x' ESCAPE '!'",
                                                "now() AT TIME ZONE 'UTC'",
                                                "CASE 1 WHEN 2 THEN 'x' ELSE 'y' END",
                                                "1 <~> 2",
                                                "a IN (1, 2)",
                                                "(SELECT 1 FROM u LIMIT 1)",
                                                "set_config('a', 'b', true)",
                                                "current_setting('a')",
                                                "bit(3) '101'",
                                                "float8(1)",
                                                "char 'x'",
                                                "substring('x' from 1 for 2)",
                                                "x'1F'",
                                                "E'a'",
                                                "'a'\n'b'",
                                                "1 /* 2 */",
                                                "-/**/1",
                                                "$$1$$",
                                                "1e5",
                                                "overlay('x' placing 'y' from 1)",
                                                "a::pg_temp.x",
                                                "current_time(3)",
                                                "- -1",
                                                "@-1"};

const std::vector<std::string> k_frames = {
    "SELECT %, %",
    "SELECT * FROM t WHERE a = %",
    "SELECT * FROM unknown WHERE a = %",
    "SELECT a FROM t WHERE a > % ORDER BY 1, % LIMIT 10 OFFSET %",
    "VALUES (%, %), (%, %)",
    "INSERT INTO t VALUES (%, %) ON CONFLICT DO NOTHING",
    "UPDATE t SET a = % WHERE b = %",
    "DELETE FROM t USING u WHERE u.a = %",
    "WITH x AS (SELECT %) SELECT * FROM x, t",
    "SELECT * FROM t TABLESAMPLE system (%) REPEATABLE (2)",
    "SELECT % FROM t FOR UPDATE",
    "SELECT * FROM generate_series(%, %) LIMIT 3",
    "SET a = %",
    "EXPLAIN SELECT %",
    "SELECT %; SELECT %",
    "SELECT a FROM t FETCH FIRST 3 ROWS ONLY",
    "EXECUTE a (%)",
    "SELECT % /* 7 */ -- 8\n",
    "/* tidemark.level='strong' */ SELECT %, 1",
    "SELECT % INTO x FROM t",
    "CALL a_procedure(%)"};

std::string random_statement(Random& random) {
  std::string text;
  for (const char c : k_frames[random.below(k_frames.size())]) {
    if (c == '%') {
      text += k_expressions[random.below(k_expressions.size())];
    } else {
      text += c;
    }
  }
  return text;
}

TEST(Shape, JudgesAsTheParserDoes) {
  const auto catalogue = example_catalogue();
  Random random(7);
  ShapeScanner scanner;
  ShapeScanner of_other;
  int judged = 0;
  for (int turn = 0; turn < 20'000; ++turn) {
    const std::string text = random_statement(random);
    if (!scanner.scan(text)) continue;
    const Judged first = classify(text, scanner, *catalogue);
    if (!first.by_shape) continue;
    const std::string other = with_other_literals(text, scanner, random);
    if (!of_other.scan(other) || of_other.key() != scanner.key()) continue;
    ++judged;
    const Judged second = classify(other, of_other, *catalogue);
    ASSERT_EQ(*second.statement, *first.statement) << text << "\n" << other;
    ASSERT_TRUE(second.by_shape) << text << "\n" << other;
  }
  EXPECT_GT(judged, 5'000);
}

}  // namespace
}  // namespace tidemark::sql
