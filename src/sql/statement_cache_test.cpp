#include "sql/statement_cache.h"

#include <gtest/gtest.h>

#include <string>

#include "sql/example_catalogue.h"

namespace tidemark::sql {
namespace {

TEST(StatementCache, GivesTheSameStatementForTheSameText) {
  const auto catalogue = example_catalogue();
  StatementCache cache;
  const auto first = cache.find_or_classify("SELECT 1", catalogue);
  EXPECT_EQ(cache.find_or_classify("SELECT 1", catalogue), first);
  EXPECT_NE(cache.find_or_classify("SELECT  1", catalogue), first);
  EXPECT_EQ(cache.hits(), 1U);
  EXPECT_EQ(cache.misses(), 2U);
}

TEST(StatementCache, ForgetsTheLeastRecentlyUsed) {
  const auto catalogue = example_catalogue();
  StatementCache cache({.entries = 2});
  cache.find_or_classify("SELECT 1", catalogue);
  cache.find_or_classify("SELECT 2", catalogue);
  cache.find_or_classify("SELECT 1", catalogue);
  cache.find_or_classify("SELECT 3", catalogue);
  EXPECT_EQ(cache.entries(), 2U);
  cache.find_or_classify("SELECT 1", catalogue);
  EXPECT_EQ(cache.hits(), 2U);
  cache.find_or_classify("SELECT 2", catalogue);
  EXPECT_EQ(cache.misses(), 4U);
}

TEST(StatementCache, StaysWithinItsBytes) {
  const auto catalogue = example_catalogue();
  StatementCache cache({.bytes = 10'000});
  for (int i = 0; i < 1000; ++i) {
    cache.find_or_classify("SELECT " + std::to_string(i) + " FROM t", catalogue);
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
