#include "sql/search_path.h"

#include <gtest/gtest.h>

#include <string>

namespace tidemark::sql {
namespace {

using Schemas = std::vector<std::string>;

Schemas schemas(std::string_view setting, std::string_view role = "ann") {
  const SearchPath path = SearchPath::parse(setting, role);
  EXPECT_TRUE(path.known()) << setting;
  return path.schemas();
}

TEST(SearchPath, IsCutAndFoldedAsPostgresDoes) {
  EXPECT_EQ(schemas("a, B ,\tc"), (Schemas{"pg_catalog", "a", "b", "c"}));
  EXPECT_EQ(schemas(R"("My, Schema", "a""b")"), (Schemas{"pg_catalog", "My, Schema", "a\"b"}));
  EXPECT_EQ(schemas(""), Schemas{"pg_catalog"});
  EXPECT_EQ(schemas("  "), Schemas{"pg_catalog"});
  EXPECT_EQ(schemas(R"("")"), (Schemas{"pg_catalog", ""}));
  EXPECT_EQ(schemas("a, a"), (Schemas{"pg_catalog", "a"}));
  EXPECT_EQ(schemas(std::string(70, 'x')), (Schemas{"pg_catalog", std::string(63, 'x')}));
  EXPECT_EQ(schemas(std::string(62, 'x') + "\xC3\xA9"),
            (Schemas{"pg_catalog", std::string(62, 'x')}));
}

TEST(SearchPath, LooksIntoPgCatalogFirstUnlessItIsListed) {
  EXPECT_EQ(schemas("a"), (Schemas{"pg_catalog", "a"}));
  EXPECT_EQ(schemas("a, pg_catalog, b"), (Schemas{"a", "pg_catalog", "b"}));
}

TEST(SearchPath, LeavesTemporarySchemasOut) {
  EXPECT_EQ(schemas("pg_temp, a, pg_temp_3"), (Schemas{"pg_catalog", "a"}));
}

TEST(SearchPath, NamesTheUsersOwnSchema) {
  EXPECT_EQ(schemas(R"("$user", public)", "Ann"), (Schemas{"pg_catalog", "Ann", "public"}));
  EXPECT_EQ(schemas("$user, public"), (Schemas{"pg_catalog", "ann", "public"}));
  EXPECT_FALSE(SearchPath::parse(R"("$user", public)", "").known());
  EXPECT_TRUE(SearchPath::parse("public", "").known());
}

TEST(SearchPath, IsUnknownIfTheTextIsNoList) {
  for (const char* text : {"a,", ",a", "a b", "\"a", "a, , b", "\"a\" b"}) {
    EXPECT_FALSE(SearchPath::parse(text, "ann").known()) << text;
  }
  EXPECT_FALSE(SearchPath().known());
}

TEST(SearchPath, IsEqualToOneThatFindsTheSame) {
  EXPECT_EQ(SearchPath::parse("a, b", "ann"), SearchPath::parse("A,b", "ann"));
  EXPECT_NE(SearchPath::parse("a, b", "ann"), SearchPath::parse("b, a", "ann"));
  EXPECT_NE(SearchPath::parse("a", "ann"), SearchPath::parse("a", "bob"));
}

}  // namespace
}  // namespace tidemark::sql
