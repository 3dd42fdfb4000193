#include "consistency/policy_lint.h"

#include <gtest/gtest.h>

namespace tidemark::consistency {
namespace {

using namespace std::chrono_literals;

using Kind = Finding::Kind;

const Level k_strong{.kind = Level::Kind::k_strong};

// "error 1 from: …" for each finding.
std::vector<std::string> findings(std::vector<Rule> rules) {
  char label = 'a';
  for (Rule& rule : rules) rule.label = label++;
  std::vector<std::string> texts;
  for (const Finding& finding : lint(rules)) {
    texts.push_back(std::string(finding.kind == Kind::k_error ? "error " : "warning ") +
                    std::to_string(finding.rule) + " " + finding.key + ": " + finding.message);
  }
  return texts;
}

void expect_only(const std::vector<std::string>& found, std::string_view start) {
  ASSERT_EQ(found.size(), 1U) << testing::PrintToString(found);
  EXPECT_EQ(found.front().substr(0, start.size()), start);
}

TEST(PolicyLint, HasNothingToSayOfRulesThatAreRight) {
  EXPECT_EQ(findings({}), std::vector<std::string>{});
  EXPECT_EQ(findings({{.tables = {"shop.inventory", "ledger.*"},
                       .read = k_strong,
                       .write = Durability::k_remote_apply},
                      {.roles = {"report"}, .from = Sources{0b10, 0b10}, .wait = 1s},
                      {.tables = {"page"}, .otherwise = Otherwise::k_primary},
                      {.read = Level{.kind = Level::Kind::k_eventual}}}),
            std::vector<std::string>{});
}

TEST(PolicyLint, ARuleSaysSomething) {
  expect_only(findings({{.tables = {"a"}}}), "error 0 : says nothing");
}

TEST(PolicyLint, ARuleBehindAWiderOneNeverMatches) {
  expect_only(findings({{.tables = {"shop.*"}, .wait = 1s},
                        {.tables = {"shop.a", "shop.b*"}, .roles = {"x"}, .wait = 2s}}),
              "warning 1 : never matches: all of it is taken first by \"a\"");
  expect_only(findings({{.roles = {"app*"}, .wait = 1s},
                        {.tables = {"t"}, .roles = {"app_1", "app_2"}, .wait = 2s}}),
              "warning 1 : never matches");
}

TEST(PolicyLint, SeveralRulesTogetherMayTakeAllOfALaterOne) {
  expect_only(findings({{.tables = {"a"}, .wait = 1s},
                        {.tables = {"s.b"}, .wait = 1s},
                        {.tables = {"a", "s.b"}, .wait = 2s}}),
              "warning 2 : never matches: all of it is taken first by \"a\" and \"b\"");
}

TEST(PolicyLint, APatternBehindAWiderOneNeverMatches) {
  expect_only(findings({{.tables = {"a"}, .wait = 1s}, {.tables = {"s.a", "s.b"}, .wait = 2s}}),
              "warning 1 tables: \"s.a\" never matches");
}

TEST(PolicyLint, ARuleThatOtherClientsStillReachIsNotDead) {
  for (const Rule& narrow :
       {Rule{.roles = {"x"}, .wait = 1s}, Rule{.databases = {"x"}, .wait = 1s},
        Rule{.application_names = {"x"}, .wait = 1s}, Rule{.tables = {"*"}, .wait = 1s}}) {
    EXPECT_EQ(findings({narrow, {.wait = 2s}}), std::vector<std::string>{});
  }
  EXPECT_EQ(findings({{.roles = {"x"}, .wait = 1s}, {.roles = {"x*"}, .wait = 2s}}),
            std::vector<std::string>{});
}

TEST(PolicyLint, NamesThatNoServerHasNeverMatch) {
  const std::string longer(64, 'x');
  expect_only(findings({{.roles = {longer + "*"}, .wait = 1s}}), "warning 0 role: ");
  expect_only(findings({{.databases = {longer}, .wait = 1s}}), "warning 0 database: ");
  expect_only(findings({{.tables = {"s." + longer}, .wait = 1s}}), "warning 0 tables: ");
  expect_only(findings({{.tables = {"pg_catalog.pg_class"}, .wait = 1s}}),
              "warning 0 tables: \"pg_catalog.pg_class\" never matches");
  EXPECT_TRUE(findings({{.roles = {longer.substr(1) + "*"}, .wait = 1s}}).empty());
}

TEST(PolicyLint, StrongReadsComeFromThePrimaryOrFromStandbys) {
  expect_only(findings({{.read = k_strong, .from = Sources{0b10, 0b10}}}), "error 0 from: strong");
  expect_only(findings({{.read = k_strong, .from = Sources{}}}), "error 0 from: strong");
  EXPECT_TRUE(findings({{.read = k_strong, .from = k_primary_only}}).empty());
  EXPECT_TRUE(findings({{.read = k_strong, .from = k_standbys_only}}).empty());
}

TEST(PolicyLint, StrongReadsOfOneTableComeFromTheSamePlace) {
  expect_only(
      findings({{.tables = {"shop.stock"}, .roles = {"x"}, .read = k_strong},
                {.tables = {"stock"}, .roles = {"y"}, .read = k_strong, .from = k_standbys_only}}),
      "error 1 from: strong reads of one table must all come from the same place, and "
      "\"a\" takes those of some of these tables from the primary");
  EXPECT_TRUE(
      findings(
          {{.tables = {"stock"}, .databases = {"x"}, .read = k_strong},
           {.tables = {"stock"}, .databases = {"y"}, .read = k_strong, .from = k_standbys_only}})
          .empty());
}

TEST(PolicyLint, ThePrimaryHasRoomInFromWhereReadsMayGoToIt) {
  expect_only(findings({{.from = k_standbys_only, .otherwise = Otherwise::k_primary}}),
              "error 0 otherwise: the primary is not among");
  expect_only(
      findings({{.read = k_strong, .from = k_standbys_only, .otherwise = Otherwise::k_primary}}),
      "error 0 otherwise: strong reads that come from standbys");
  expect_only(findings({{.from = Sources{0b10, 0b10}, .otherwise = Otherwise::k_primary}}),
              "warning 0 otherwise: goes to the primary only while");
  EXPECT_TRUE(
      findings({{.from = Sources{~NodeSet{0}, 0b10}, .otherwise = Otherwise::k_primary}}).empty());
  EXPECT_TRUE(findings({{.from = k_standbys_only, .otherwise = Otherwise::k_wait}}).empty());
}

TEST(PolicyLint, RulesThatLeaveNoNodeTogetherAreNamed) {
  expect_only(
      findings({{.tables = {"a"}, .read = k_strong}, {.tables = {"b"}, .from = k_standbys_only}}),
      "warning 1 from: has no node in common with \"a\"");
  EXPECT_TRUE(findings({{.tables = {"a"}, .roles = {"x"}, .read = k_strong},
                        {.tables = {"b"}, .roles = {"y"}, .from = k_standbys_only}})
                  .empty());
}

TEST(PolicyLint, WhatACrashLosesIsNotForStrongReaders) {
  expect_only(findings({{.read = k_strong, .write = Durability::k_off}}), "warning 0 write: ");
  EXPECT_TRUE(findings({{.read = k_strong, .write = Durability::k_local}}).empty());
}

}  // namespace
}  // namespace tidemark::consistency
