#include "sql/catalogue.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sql/catalogue_queries.h"
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

// A database of nothing but these relations.
std::shared_ptr<const Catalogue> catalogue_of(Catalogue::Rows relations) {
  return build_catalogue(7, {}, {std::move(relations), {}, {}, {}, {}, {}}).value();
}

const Effects& effects_of(const Catalogue& catalogue, const char* name) {
  return catalogue.find_relation("", name)->effects;
}

TEST(Catalogue, KeepsNamesWithDotsApart) {
  const auto catalogue = catalogue_of({{"1", "a.b", "c", "sequence", std::nullopt},  //
                                       {"2", "a", "b.c", "", std::nullopt}});
  EXPECT_NE(catalogue->find_relation("a.b", "c")->effects.why_primary, nullptr);
  EXPECT_EQ(catalogue->find_relation("a", "b.c")->effects.why_primary, nullptr);
}

TEST(Catalogue, RefusesAnswersOfTheWrongShape) {
  CatalogueAnswers answers;
  EXPECT_TRUE(build_catalogue(1, answers, {}).has_value());
  answers[0] = {{"1", "public", "t"}};
  for (const auto& result : {build_catalogue(1, answers, {}), build_catalogue(1, {}, answers)}) {
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().message,
              "the catalogue's answer about relations has a row of the wrong shape");
  }
  answers[0] = {{"1", "public", std::nullopt, "", std::nullopt}};
  EXPECT_FALSE(build_catalogue(1, answers, {}).has_value());
}

TEST(Catalogue, SettlesViewsThatReadEachOther) {
  const auto catalogue =
      catalogue_of({{"1", "public", "a", "view", "({QUERY :rtable ({RANGETBLENTRY :relid 2})})"},
                    {"2", "public", "b", "view",
                     "({QUERY :rtable ({RANGETBLENTRY :relid 1} {RANGETBLENTRY :relid 3})})"},
                    {"3", "public", "c", "sequence", std::nullopt}});
  EXPECT_NE(effects_of(*catalogue, "a").why_primary, nullptr);
}

TEST(Catalogue, BelievesNothingGoodOfAViewItCannotJudge) {
  const auto catalogue =
      catalogue_of({{"1", "public", "undefined", "view", std::nullopt},
                    {"2", "public", "misunderstood", "view", "SELECT 1"},
                    {"3", "public", "of_unknown", "view", "({RANGETBLENTRY :relid 9})"},
                    {"4", "public", "calls_unknown", "view", "({FUNCEXPR :funcid 9})"},
                    {"5", "public", "judged", "view", "({RANGETBLENTRY :relid 5})"}});
  for (const char* name : {"undefined", "misunderstood", "of_unknown", "calls_unknown"}) {
    EXPECT_TRUE(effects_of(*catalogue, name).opaque) << name;
  }
  EXPECT_EQ(effects_of(*catalogue, "judged"), Effects{});
}

TEST(Catalogue, JudgesViewsByTheirOperatorsTypesAndLocks) {
  const CatalogueAnswers users = {
      Catalogue::Rows{{"1", "public", "operates", "view", "({OPEXPR :opno 70 :opfuncid 0})"},
                      {"2", "public", "casts", "view", "({COERCETODOMAIN :resulttype 80})"},
                      {"3", "public", "locks", "view", "({QUERY :rowMarks ({ROWMARKCLAUSE})})"}},
      Catalogue::Rows{},
      Catalogue::Rows{{"80", "wild_domain", "true", "20000"}},
      Catalogue::Rows{{"70", "<~>", "true", "20000"}},
      Catalogue::Rows{},
      Catalogue::Rows{}};
  const auto catalogue = build_catalogue(1, {}, users).value();
  EXPECT_TRUE(effects_of(*catalogue, "operates").opaque);
  EXPECT_TRUE(effects_of(*catalogue, "casts").opaque);
  EXPECT_TRUE(effects_of(*catalogue, "locks").may_write);
}

TEST(Catalogue, AUsersViewMayCallABuiltInOfTheOtherPart) {
  CatalogueAnswers built_ins;
  built_ins[4] = {{"9", "pg_catalog", "setval", "true", "true", "false", "nothing", std::nullopt,
                   std::nullopt, std::nullopt}};
  CatalogueAnswers users;
  users[0] = {{"20000", "public", "v", "view", "({FUNCEXPR :funcid 9})"}};
  const auto catalogue = build_catalogue(1, built_ins, users).value();
  EXPECT_TRUE(effects_of(*catalogue, "v").may_write);
  EXPECT_FALSE(effects_of(*catalogue, "v").opaque);
}

// Whoever looks into relations locks them: then users' DDL waits, or ends in a deadlock.
TEST(CatalogueQueries, LookIntoNoRelation) {
  for (const auto part : {CataloguePart::k_built_ins, CataloguePart::k_users}) {
    for (const std::string& query : catalogue_queries(part)) {
      for (auto at = query.find("pg_get_"); at != std::string::npos;
           at = query.find("pg_get_", at + 1)) {
        EXPECT_EQ(query.substr(at, 15), "pg_get_userbyid") << query;
      }
      EXPECT_EQ(query.find('@'), std::string::npos) << query;
    }
  }
}

}  // namespace
}  // namespace tidemark::sql
