#include "sql/statement_cache.h"

#include <gtest/gtest.h>

#include <string>

#include "sql/example_catalogue.h"

namespace tidemark::sql {
namespace {

TEST(StatementCache, GivesTheSameStatementForTheSameText) {
  const auto catalogue = example_catalogue();
  StatementCache cache;
  const auto first = cache.find_or_classify("SELECT a", catalogue);
  EXPECT_EQ(cache.find_or_classify("SELECT a", catalogue), first);
  EXPECT_NE(cache.find_or_classify("SELECT  a", catalogue), first);
  EXPECT_EQ(cache.hits(), 1U);
  EXPECT_EQ(cache.misses(), 2U);
}

TEST(StatementCache, GivesTheSameStatementForTextsOfOneShape) {
  const auto catalogue = example_catalogue();
  StatementCache cache;
  const auto first = cache.find_or_classify("SELECT a FROM t WHERE a = 1", catalogue);
  EXPECT_EQ(cache.find_or_classify("SELECT a FROM t WHERE a = 4711", catalogue), first);
  EXPECT_NE(cache.find_or_classify("SELECT a FROM t WHERE a = 'x'", catalogue), first);
  EXPECT_NE(cache.find_or_classify("SELECT a FROM u WHERE a = 1", catalogue), first);
  EXPECT_EQ(cache.hits(), 1U);
  EXPECT_EQ(cache.entries(), 3U);
}

TEST(StatementCache, RepeatsTheLastTextAloneAndNoLongerThanItIsKept) {
  const auto catalogue = example_catalogue();
  StatementCache cache({.text_bytes = 2000});
  const auto first = cache.find_or_classify("SELECT a", catalogue);
  const auto other = cache.find_or_classify("SELECT a, b", catalogue);
  EXPECT_NE(first, other);
  EXPECT_EQ(cache.find_or_classify("SELECT a", catalogue), first);
  const std::string not_kept = "SELECT b" + std::string(2000, ' ');
  const auto uncached = cache.find_or_classify(not_kept, catalogue);
  EXPECT_EQ(*cache.find_or_classify(not_kept, catalogue), *uncached);
  EXPECT_EQ(cache.find_or_classify("SELECT a", catalogue), first);
  const std::string kept = "SELECT c" + std::string(1900, ' ');
  const auto longer = cache.find_or_classify(kept, catalogue);
  EXPECT_EQ(cache.find_or_classify(kept, catalogue), longer);
  EXPECT_EQ(cache.find_or_classify("SELECT a", catalogue), first);
  EXPECT_EQ(cache.find_or_classify("", catalogue)->kind, Kind::k_empty);
  EXPECT_EQ(cache.find_or_classify("", catalogue)->kind, Kind::k_empty);
  EXPECT_EQ(cache.find_or_classify("SELECT a", catalogue), first);
}

TEST(StatementCache, TellsTextsApartWhoseConstantsMatter) {
  const auto catalogue = example_catalogue();
  StatementCache cache;
  const auto sets = [&](const char* text) {
    return cache.find_or_classify(text, catalogue)->settings.front();
  };
  EXPECT_EQ(sets("SELECT set_config('a.b', 'x', false)"), "a.b");
  EXPECT_EQ(sets("SELECT set_config('c.d', 'x', false)"), "c.d");
}

TEST(StatementCache, ForgetsTheLeastRecentlyUsed) {
  const auto catalogue = example_catalogue();
  StatementCache cache({.entries = 2});
  cache.find_or_classify("SELECT a", catalogue);
  cache.find_or_classify("SELECT b", catalogue);
  cache.find_or_classify("SELECT a", catalogue);
  cache.find_or_classify("SELECT c", catalogue);
  EXPECT_EQ(cache.entries(), 2U);
  cache.find_or_classify("SELECT a", catalogue);
  EXPECT_EQ(cache.hits(), 2U);
  cache.find_or_classify("SELECT b", catalogue);
  EXPECT_EQ(cache.misses(), 4U);
}

TEST(StatementCache, StaysWithinItsBytes) {
  const auto catalogue = example_catalogue();
  StatementCache cache({.bytes = 10'000});
  for (int i = 0; i < 1000; ++i) {
    cache.find_or_classify("SELECT a" + std::to_string(i) + " FROM t", catalogue);
    ASSERT_LE(cache.bytes(), 10'000U);
  }
  EXPECT_GT(cache.entries(), 1U);
}

TEST(StatementCache, DoesNotKeepLongTexts) {
  const auto catalogue = example_catalogue();
  StatementCache cache({.text_bytes = 20});
  const std::string text = "SELECT 'a text that is too long'";
  EXPECT_EQ(cache.find_or_classify(text, catalogue)->kind, Kind::k_query);
  EXPECT_EQ(cache.entries(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(StatementCache, JudgesAgainWhenTheCatalogueChanges) {
  StatementCache cache;
  const auto unknown = std::make_shared<const Catalogue>();
  EXPECT_TRUE(cache.find_or_classify("SELECT * FROM t", unknown)->needs_primary);
  EXPECT_FALSE(cache.find_or_classify("SELECT * FROM t", example_catalogue(1))->needs_primary);
  EXPECT_FALSE(cache.find_or_classify("SELECT * FROM t", example_catalogue(2))->needs_primary);
  EXPECT_EQ(cache.misses(), 3U);
}

}  // namespace
}  // namespace tidemark::sql
