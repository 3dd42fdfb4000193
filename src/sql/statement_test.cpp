// The details of a Statement that a session acts upon.
#include "sql/statement.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "sql/classify.h"
#include "sql/example_catalogue.h"
#include "sql/explain.h"
#include "sql/parse_tree.h"

namespace tidemark::sql {
namespace {

std::shared_ptr<const Statement> judged(std::string_view text) {
  static const auto catalogue = example_catalogue();
  return classify(text, *catalogue);
}

std::string repeated(std::string_view piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

TEST(Statement, SaysWhyItNeedsThePrimary) {
  EXPECT_STREQ(judged("DELETE FROM t")->why_primary, "writes to a table (DELETE)");
  EXPECT_STREQ(judged("SELECT * FROM t FOR UPDATE")->why_primary, "locks rows (FOR UPDATE)");
  EXPECT_STREQ(judged("SELECT wild()")->why_primary, "volatile function");
  EXPECT_STREQ(judged("SELECT * FROM scratch")->why_primary, "reads an unlogged table");
  EXPECT_EQ(judged("SELECT 1")->why_primary, nullptr);
}

TEST(Statement, KnowsTheCharacteristicsOfItsTransaction) {
  const auto plain = judged("BEGIN");
  EXPECT_FALSE(plain->read_only || plain->isolation || plain->deferrable);
  const auto full = judged("BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE");
  EXPECT_EQ(full->isolation, Isolation::k_serializable);
  EXPECT_EQ(full->read_only, true);
  EXPECT_EQ(full->deferrable, true);
  const auto writing = judged("START TRANSACTION READ WRITE, NOT DEFERRABLE");
  EXPECT_EQ(writing->read_only, false);
  EXPECT_EQ(writing->deferrable, false);
  EXPECT_EQ(judged("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")->isolation,
            Isolation::k_repeatable_read);
  EXPECT_EQ(judged("SET transaction_read_only = on")->read_only, true);
  EXPECT_TRUE(
      judged("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")->session_characteristics);
  EXPECT_TRUE(judged("COMMIT AND CHAIN")->chain);
  EXPECT_FALSE(judged("COMMIT")->chain);
}

TEST(Statement, CarriesTheSettingAndItsValue) {
  const auto set = judged("SET Search_Path = a, \"B\"");
  EXPECT_EQ(set->setting_name, "search_path");
  EXPECT_EQ(set->setting_value, "a, B");
  EXPECT_FALSE(set->setting_local || set->setting_default);
  EXPECT_EQ(judged("SET x.y = -1.5")->setting_value, "-1.5");
  EXPECT_EQ(judged("SET tidemark.level TO 'bounded(2s)'")->setting_value, "bounded(2s)");
  EXPECT_EQ(judged("SET tidemark.level TO strong")->setting_value, "strong");
  EXPECT_TRUE(judged("SET work_mem TO DEFAULT")->setting_default);
  EXPECT_TRUE(judged("SET work_mem FROM CURRENT")->setting_current);
  EXPECT_TRUE(judged("SET LOCAL work_mem = 1")->setting_local);
  EXPECT_EQ(judged("SHOW Tidemark.Route")->setting_name, "tidemark.route");
  EXPECT_EQ(judged("RESET tidemark.level")->setting_name, "tidemark.level");
  EXPECT_EQ(judged("SET TIME ZONE INTERVAL '1' HOUR TO MINUTE")->setting_value, "1");
}

TEST(Statement, HoldsThePreparedStatementItself) {
  const auto prepare = judged("PREPARE \"P q\" (int) AS DELETE FROM t WHERE a = $1");
  EXPECT_EQ(prepare->name, "P q");
  ASSERT_NE(prepare->inner, nullptr);
  EXPECT_TRUE(prepare->inner->may_write);
  EXPECT_EQ(prepare->inner->writes, std::vector<Relation>({{"", "t"}}));
  EXPECT_EQ(judged("EXECUTE p(1)")->name, "p");
  EXPECT_EQ(judged("DEALLOCATE p")->name, "p");
  EXPECT_EQ(judged("EXPLAIN EXECUTE p")->name, "p");
  EXPECT_EQ(judged("EXPLAIN ANALYZE EXECUTE p")->name, "p");
  EXPECT_EQ(judged("CREATE TABLE x AS EXECUTE p")->name, "p");
}

TEST(Statement, NamesItsFunctionsOnceEachInOrder) {
  const auto statement = judged("SELECT upper(b), pg_catalog.lower(b), upper(c), now() FROM t");
  const std::vector<FunctionName> expected = {{"", "now"}, {"", "upper"}, {"pg_catalog", "lower"}};
  EXPECT_EQ(statement->functions, expected);
}

TEST(Statement, IsUnparsedWhenTheTextHasANul) {
  EXPECT_EQ(judged(std::string_view("SELECT 1\0; DELETE FROM t", 24))->kind, Kind::k_unparsed);
}

TEST(Statement, IsReadInOtherEncodingsToo) {
  EXPECT_FALSE(judged("SELECT * FROM t WHERE b = 'caf\xE9'")->needs_primary);
  EXPECT_TRUE(judged("SELECT * FROM caf\xE9")->needs_primary);
  EXPECT_EQ(judged("SELECT E'\xE9\\''")->kind, Kind::k_unparsed);
  EXPECT_FALSE(judged("SELECT 'caf\xC3\xA9'")->needs_primary);
}

TEST(Statement, SurvivesDeepNests) {
  EXPECT_FALSE(judged("SELECT " + repeated("(", 1000) + "1" + repeated(")", 1000))->needs_primary);
  for (const char* piece : {"(", "f(", "(SELECT ", "NOT ", "- ", "[", "1+", "CASE WHEN "}) {
    const int times = static_cast<int>(k_longest_text / 10);
    EXPECT_EQ(judged("SELECT " + repeated(piece, times))->kind, Kind::k_unparsed) << piece;
  }
  const std::string longest = "SELECT 1" + repeated("+1", (k_longest_text - 8) / 2);
  EXPECT_EQ(judged(longest)->kind, Kind::k_unparsed);
  EXPECT_FALSE(judged("SELECT 1" + repeated("+1", 1000))->needs_primary);
}

TEST(Statement, TooLongToParseMayDoAnything) {
  const auto statement = judged("SELECT '" + std::string(std::size_t{10} << 20, 'x') + "'");
  EXPECT_EQ(statement->kind, Kind::k_unparsed);
  EXPECT_TRUE(statement->may_write && statement->opaque && statement->needs_primary);
}

TEST(Statement, IsClassifiedOnAnyThread) {
  bool read = false;
  std::thread([&] { read = !judged("SELECT * FROM t")->needs_primary; }).join();
  EXPECT_TRUE(read);
}

TEST(Statement, DescribesItselfForPeople) {
  EXPECT_EQ(describe(*judged("SELECT lower(b) FROM t, shop.item")),
            "statement: query\n"
            "may be served by: any node that is fresh enough\n"
            "reads: t, shop.item\n"
            "functions: lower\n"
            "tables read in all: public.t, shop.item\n");
  EXPECT_EQ(describe(*judged("/* tidemark.level='strong' */ PREPARE p AS DELETE FROM t")),
            "statement: prepare\n"
            "name: p\n"
            "hint: tidemark.level = strong\n"
            "prepares: query\n"
            "  statement: query\n"
            "  may be served by: the primary: writes to a table (DELETE)\n"
            "  writes: t\n"
            "  tables written in all: public.t\n");
}

}  // namespace
}  // namespace tidemark::sql
