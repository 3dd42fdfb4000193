#include "sql/catalogue.h"

#include <gtest/gtest.h>

#include <array>

#include "sql/classify.h"
#include "sql/example_catalogue.h"

namespace tidemark::sql {
namespace {

TEST(Catalogue, EmptyKnowsNothingSoThatAnythingMayHappen) {
  const Catalogue empty;
  EXPECT_EQ(empty.version(), 0U);
  EXPECT_TRUE(classify("SELECT * FROM t", empty)->may_write);
  EXPECT_TRUE(classify("SELECT now()", empty)->opaque);
  EXPECT_TRUE(classify("SELECT 1 + 1", empty)->opaque);
  EXPECT_TRUE(classify("SELECT 'x'::y", empty)->opaque);
  EXPECT_FALSE(classify("SELECT 1", empty)->needs_primary);
}

TEST(Catalogue, TakesTheWorstOverloadOfAllSchemas) {
  const auto catalogue = example_catalogue();
  EXPECT_TRUE(catalogue->find_function("", "upper")->user_volatile);
  EXPECT_FALSE(catalogue->find_function("pg_catalog", "upper")->user_volatile);
  EXPECT_EQ(catalogue->find_function("public", "upper"), nullptr);
}

TEST(Catalogue, KeepsNamesWithDotsApart) {
  std::array<Catalogue::Rows, 5> answers;
  answers[3] = {{"a.b", "c", "sequence"}, {"a", "b.c", ""}};
  const auto catalogue = build_catalogue(7, answers).value();
  EXPECT_NE(catalogue->find_relation("a.b", "c")->effects.why_primary, nullptr);
  EXPECT_EQ(catalogue->find_relation("a", "b.c")->effects.why_primary, nullptr);
}

TEST(Catalogue, RefusesAnswersOfTheWrongShape) {
  std::array<Catalogue::Rows, 5> answers;
  EXPECT_TRUE(build_catalogue(1, answers).has_value());
  EXPECT_FALSE(build_catalogue(1, std::span(answers).first(4)).has_value());
  answers[3] = {{"public", "t"}};
  const auto result = build_catalogue(1, answers);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message,
            "the catalogue's answer about relations has a row of the wrong shape");
  answers[3] = {{"public", std::nullopt, ""}};
  EXPECT_FALSE(build_catalogue(1, answers).has_value());
}

TEST(Catalogue, SettlesViewsThatReadEachOther) {
  std::array<Catalogue::Rows, 5> answers;
  answers[3] = {{"public", "a", "view"}, {"public", "b", "view"}, {"public", "c", "sequence"}};
  answers[4] = {{"public", "a", "SELECT * FROM b"}, {"public", "b", "SELECT * FROM a, c"}};
  const auto catalogue = build_catalogue(1, answers).value();
  EXPECT_NE(catalogue->find_relation("public", "a")->effects.why_primary, nullptr);
}

}  // namespace
}  // namespace tidemark::sql
