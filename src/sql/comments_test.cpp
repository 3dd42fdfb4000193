#include "sql/comments.h"

#include <gtest/gtest.h>

#include <string>

namespace tidemark::sql {
namespace {

// The hints as "name=value", joined with "; ".
std::string hints(std::string_view text) {
  std::string result;
  for (const Hint& hint : hints_of(text)) {
    result += (result.empty() ? "" : "; ") + hint.name + "=" + hint.value;
  }
  return result;
}

constexpr const char* k_strong = "tidemark.level=strong";

TEST(Hints, LeadOrTrailTheText) {
  EXPECT_EQ(hints("/* tidemark.level='strong' */ SELECT 1"), k_strong);
  EXPECT_EQ(hints("SELECT 1 /* tidemark.level='strong' */"), k_strong);
  EXPECT_EQ(hints("SELECT 1 /* tidemark.level='strong' */ ; "), k_strong);
  EXPECT_EQ(hints("SELECT 1; /* tidemark.level='strong' */"), k_strong);
  EXPECT_EQ(hints("-- tidemark.level=strong\nSELECT 1"), k_strong);
  EXPECT_EQ(hints("SELECT 1 -- tidemark.level=strong"), k_strong);
  EXPECT_EQ(hints("/* x */ -- y\n /*+ tidemark.level = strong */ SELECT 1"), k_strong);
  EXPECT_EQ(hints("/* a /* nested */ tidemark.level=strong */ SELECT 1"), k_strong);
  EXPECT_EQ(hints("/* tidemark.level=strong */"), k_strong);
}

TEST(Hints, AreNotTakenFromTheInside) {
  EXPECT_EQ(hints("SELECT /* tidemark.level=strong */ 1"), "");
  EXPECT_EQ(hints("SELECT '/* tidemark.level=strong */'"), "");
  EXPECT_EQ(hints("SELECT '\n-- tidemark.level=strong'"), "");
  EXPECT_EQ(hints("SELECT 'it''s -- tidemark.level=strong'"), "");
  EXPECT_EQ(hints("SELECT E'it\\' -- tidemark.level=strong'"), "");
  EXPECT_EQ(hints("SELECT E'it'' \\' -- tidemark.level=strong'"), "");
  EXPECT_EQ(hints("SELECT \"/* tidemark.level=strong */\""), "");
  EXPECT_EQ(hints("SELECT $$ -- tidemark.level=strong$$"), "");
  EXPECT_EQ(hints("SELECT $a$ $$ -- tidemark.level=strong\n$a$"), "");
  EXPECT_EQ(hints("SELECT tidemark.level"), "");
  EXPECT_EQ(hints("/* tidemark.level=strong "), "");
}

TEST(Hints, EndWithTheDollarsThatBeganAString) {
  EXPECT_EQ(hints("SELECT $1 -- tidemark.level=strong"), k_strong);
  EXPECT_EQ(hints("SELECT a$b$ FROM t -- tidemark.level=strong"), k_strong);
  EXPECT_EQ(hints("SELECT $a$'$a$ -- tidemark.level=strong"), k_strong);
}

TEST(Hints, ReadTheFormOfSqlcommenter) {
  EXPECT_EQ(hints("SELECT 1 /*app='x',tidemark.level='strong'*/"), k_strong);
  EXPECT_EQ(hints("SELECT 1 /*app='tidemark.level%3Deventual',tidemark.level='bounded%282s%29'*/"),
            "tidemark.level=bounded(2s)");
  EXPECT_EQ(hints("SELECT 1 /*a='it\\'s, tidemark.level=eventual',tidemark.session='user\\'42'*/"),
            "tidemark.session=user'42");
}

TEST(Hints, KeepOnlyOurNamesInLowerCase) {
  EXPECT_EQ(hints("/* Tidemark.Level='Strong', other.level=x */ SELECT 1"),
            "tidemark.level=Strong");
  EXPECT_EQ(hints("/* my_tidemark.level=strong */ SELECT 1"), "");
  EXPECT_EQ(hints("/* tidemark.level=session, tidemark.session=a */ SELECT 1"),
            "tidemark.level=session; tidemark.session=a");
}

TEST(Hints, SurviveHalfAPair) {
  EXPECT_EQ(hints("/* tidemark.level */ SELECT 1"), "");
  EXPECT_EQ(hints("/* tidemark.level= */ SELECT 1"), "tidemark.level=");
  EXPECT_EQ(hints("/* tidemark.level='strong */ SELECT 1"), "tidemark.level=strong ");
  EXPECT_EQ(hints("/* tidemark.level=%4 */ SELECT 1"), "tidemark.level=%4");
}

}  // namespace
}  // namespace tidemark::sql
