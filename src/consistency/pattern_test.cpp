#include "consistency/pattern.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tidemark::consistency {
namespace {

// By trying everything a run may take.
bool dumb_match(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() != '*') {
    return !name.empty() && name.front() == pattern.front() &&
           dumb_match(pattern.substr(1), name.substr(1));
  }
  for (std::size_t taken = 0; taken <= name.size(); ++taken) {
    if (dumb_match(pattern.substr(1), name.substr(taken))) return true;
  }
  return false;
}

// Every text over "ab", and over "c", which no pattern of these tests has, up to four characters.
std::vector<std::string> texts(std::string_view letters, std::size_t longest) {
  std::vector<std::string> all = {""};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].size() == longest) continue;
    for (const char letter : letters) all.push_back(all[i] + letter);
  }
  return all;
}

TEST(NamePattern, MatchesWhatTryingEverythingMatches) {
  for (const std::string& pattern : texts("ab*", 5)) {
    const auto compiled = NamePattern::with_wildcards(pattern);
    for (const std::string& name : texts("ab", 5)) {
      ASSERT_EQ(compiled.matches(name), dumb_match(pattern, name)) << pattern << " " << name;
    }
  }
}

TEST(NamePattern, ContainsAndOverlapsAreAboutTheNamesThatBothMatch) {
  const auto patterns = texts("ab*", 3);
  const auto names = texts("abc", 6);
  for (const std::string& one : patterns) {
    for (const std::string& other : patterns) {
      bool contains = true;
      bool overlaps = false;
      for (const std::string& name : names) {
        const bool ours = dumb_match(one, name);
        const bool theirs = dumb_match(other, name);
        contains = contains && (ours || !theirs);
        overlaps = overlaps || (ours && theirs);
      }
      const auto a = NamePattern::with_wildcards(one);
      const auto b = NamePattern::with_wildcards(other);
      ASSERT_EQ(a.contains(b), contains) << one << " " << other;
      ASSERT_EQ(a.overlaps(b), overlaps) << one << " " << other;
    }
  }
}

bool matches(std::string_view pattern, std::string_view schema, std::string_view table) {
  return TablePattern::parse(pattern)->matches(schema, table);
}

TEST(TablePattern, WithoutASchemaIsATableInAnySchema) {
  EXPECT_TRUE(matches("orders", "public", "orders"));
  EXPECT_TRUE(matches("orders", "shop", "orders"));
  EXPECT_FALSE(matches("orders", "shop", "orders_2024"));
  EXPECT_TRUE(matches("shop.orders", "shop", "orders"));
  EXPECT_FALSE(matches("shop.orders", "public", "orders"));
}

TEST(TablePattern, AStarStaysWithinItsPart) {
  EXPECT_TRUE(matches("ledger.*", "ledger", "entry"));
  EXPECT_FALSE(matches("ledger.*", "ledger_old", "entry"));
  EXPECT_TRUE(matches("ledger*.*_log", "ledger_old", "a_log"));
  EXPECT_TRUE(matches("*", "any", "thing"));
}

TEST(TablePattern, IsFoldedAndQuotedAsInSql) {
  EXPECT_TRUE(matches("Shop.Orders", "shop", "orders"));
  EXPECT_TRUE(matches("\"Shop\".\"Or.ders\"", "Shop", "Or.ders"));
  EXPECT_FALSE(matches("\"Shop\".orders", "shop", "orders"));
  EXPECT_TRUE(matches("\"a\"\"b\"", "public", "a\"b"));
  EXPECT_TRUE(matches("\"*\"", "public", "*"));
  EXPECT_FALSE(matches("\"*\"", "public", "orders"));
}

TEST(TablePattern, WhatIsNoneSaysWhy) {
  EXPECT_NE(TablePattern::parse("a.b.c").error().message.find("schema.table"), std::string::npos);
  EXPECT_NE(TablePattern::parse("").error().message.find("empty"), std::string::npos);
  EXPECT_NE(TablePattern::parse("a.").error().message.find("empty"), std::string::npos);
  EXPECT_NE(TablePattern::parse("\"a").error().message.find("not closed"), std::string::npos);
  EXPECT_NE(TablePattern::parse("a, b").error().message.find("blank"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::consistency
