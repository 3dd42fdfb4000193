// Rules as a configuration writes them.
#include <gtest/gtest.h>

#include "consistency/policy.h"
#include "gateway/config.h"

namespace tidemark::gateway {
namespace {

using namespace std::chrono_literals;
using consistency::Rule;

const std::string k_origin = R"([origins.main]
nodes = ["127.0.0.1:5501", "127.0.0.1:5502", "127.0.0.1:5503"]
tags = { reporting = ["127.0.0.1:5502", "127.0.0.1:5503"] }
)";

// A rule begins at line 4, its keys at line 5.
ConfigReport read(const std::string& rules) {
  return parse_config(k_origin + "[[consistency.rules]]\n" + rules, "t.toml");
}

std::string error_of(const std::string& rules) {
  const auto report = read(rules);
  EXPECT_EQ(report.errors.size(), 1U);
  return report.errors.empty() ? "" : report.errors.front();
}

Rule rule_of(const std::string& rule) {
  const auto report = read(rule);
  EXPECT_TRUE(report.ok()) << report.errors.front();
  return report.config.consistency.rules.at(0);
}

TEST(ConfigRules, EveryKeyIsRead) {
  const Rule rule = rule_of(R"toml(
    name = "stock"
    tables = ["shop.inventory", "ledger.*"]
    role = "app"
    database = ["shop", "shop_*"]
    application_name = "web*"
    read = "bounded(2s)"
    write = "remote_apply"
    from = "standbys"
    otherwise = "wait"
    wait = "200ms"
  )toml");
  EXPECT_EQ(rule.label, "stock");
  EXPECT_EQ(rule.tables, (std::vector<std::string>{"shop.inventory", "ledger.*"}));
  EXPECT_EQ(rule.roles, std::vector<std::string>{"app"});
  EXPECT_EQ(rule.databases, (std::vector<std::string>{"shop", "shop_*"}));
  EXPECT_EQ(rule.application_names, std::vector<std::string>{"web*"});
  EXPECT_EQ(to_string(*rule.read), "bounded(2s)");
  EXPECT_EQ(rule.write, consistency::Durability::k_remote_apply);
  EXPECT_EQ(rule.from, consistency::k_standbys_only);
  EXPECT_EQ(rule.otherwise, consistency::Otherwise::k_wait);
  EXPECT_EQ(rule.wait, 200ms);
}

TEST(ConfigRules, WhatIsAbsentIsLeftToTheDefaults) {
  const Rule rule = rule_of("read = \"eventual\"\n");
  EXPECT_EQ(rule.label, "rule 1");
  EXPECT_TRUE(rule.tables.empty());
  EXPECT_EQ(rule.write, consistency::Durability::k_unset);
  EXPECT_FALSE(rule.from || rule.otherwise || rule.wait);
}

TEST(ConfigRules, EveryDurabilityIsReadAsPostgresqlNamesIt) {
  for (const char* word : {"off", "local", "remote_write", "on", "remote_apply"}) {
    EXPECT_STREQ(to_string(rule_of("write = \"" + std::string(word) + "\"\n").write), word);
  }
}

TEST(ConfigRules, FromNamesRolesTagsAndAddresses) {
  using consistency::Sources;
  const auto from = [](const std::string& value) { return *rule_of("from = " + value).from; };
  EXPECT_EQ(from("\"primary\""), consistency::k_primary_only);
  EXPECT_EQ(from("\"reporting\""), (Sources{0b110, 0b110}));
  EXPECT_EQ(from("\"127.0.0.1:5503\""), (Sources{0b100, 0b100}));
  EXPECT_EQ(from("[\"primary\", \"standbys\"]"), Sources{});
  EXPECT_EQ(from("[\"primary\", \"reporting\"]"), (Sources{~0ULL, 0b110}));
  EXPECT_EQ(error_of("from = [\"standbys\", \"analytics\"]\n"),
            "t.toml:5: consistency.rules.from: \"analytics\" is neither a tag of [origins.main] "
            "nor one of its nodes: choose \"primary\", \"standbys\", \"reporting\" or an address "
            "of nodes");
}

TEST(ConfigRules, TheEffectiveConfigurationReadsBackAsItself) {
  const auto report = read(R"(
    name = "a \"name\""
    tables = '"Shop".orders'
    read = "session"
    write = "off"
    from = ["reporting", "primary"]
    [[consistency.rules]]
    role = ["x", "y"]
    wait = "0"
    otherwise = "refuse"
  )");
  ASSERT_TRUE(report.ok()) << report.errors.front();
  const std::string text = to_toml(report.config);
  const auto again = parse_config(text, "again.toml");
  ASSERT_TRUE(again.ok()) << again.errors.front();
  EXPECT_EQ(to_toml(again.config), text);
  EXPECT_EQ(again.config.consistency.rules.size(), 2U);
  EXPECT_EQ(again.config.consistency.rules[0].from, report.config.consistency.rules[0].from);
}

TEST(ConfigRules, AWrongValueNamesTheKeyAndWhatIsAllowed) {
  EXPECT_EQ(error_of("read = \"sloppy\"\n"),
            "t.toml:5: consistency.rules.read: \"sloppy\" is not a level: choose \"strong\", "
            "\"bounded(2s)\", \"causal\", \"session\", \"read_your_writes\", \"monotonic_reads\" "
            "or \"eventual\"");
  EXPECT_NE(error_of("read = \"policy\"\n").find("is not a level"), std::string::npos);
  EXPECT_EQ(error_of("write = \"always\"\n"),
            "t.toml:5: consistency.rules.write: \"always\" is not allowed here: choose \"off\", "
            "\"local\", \"remote_write\", \"on\" or \"remote_apply\"");
  EXPECT_EQ(error_of("table = \"a\"\nread = \"strong\"\n"),
            "t.toml:5: unknown key \"table\" in [consistency.rules]; did you mean \"tables\"?");
  EXPECT_NE(error_of("read = \"strong\"\ntables = \"a.b.c\"\n").find("t.toml:6: "),
            std::string::npos);
  EXPECT_NE(error_of("name = \"\"\nread = \"strong\"\n").find("one line"), std::string::npos);
  const std::string twice = "name = \"a\"\nrole = \"a\"\nwait = \"1s\"\n";
  EXPECT_EQ(error_of(twice + "[[consistency.rules]]\n" + twice),
            "t.toml:9: consistency.rules.name: \"a\" is the name of an earlier rule");
}

TEST(ConfigRules, ContradictionsAreErrorsAndDeadRulesAreWarnings) {
  EXPECT_EQ(error_of("name = \"stock\"\nfrom = \"standbys\"\notherwise = \"primary\"\n"),
            "t.toml:7: consistency.rules \"stock\", otherwise: the primary is not among `from`: "
            "add \"primary\" to it, or say otherwise = \"wait\" or \"refuse\"");
  const auto report = read(R"(
    wait = "1s"
    [[consistency.rules]]
    tables = "a"
    wait = "2s"
  )");
  EXPECT_TRUE(report.ok());
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_EQ(report.warnings.front(),
            "t.toml:7: consistency.rules \"rule 2\": never matches: all of it is taken first by "
            "\"rule 1\"");
}

TEST(ConfigRules, RulesAreLimited) {
  std::string rules = "role = \"0\"\nwait = \"1s\"\n";
  for (int i = 1; i <= 64; ++i) {
    rules += "[[consistency.rules]]\nwait = \"1s\"\nrole = \"" + std::to_string(i) + "\"\n";
  }
  EXPECT_NE(error_of(rules).find("has 65 rules; at most 64 are allowed"), std::string::npos);
}

TEST(ConfigTags, NameSomeOfTheNodes) {
  const auto report = parse_config(k_origin, "t.toml");
  ASSERT_EQ(report.config.origin.tags.size(), 1U);
  EXPECT_EQ(report.config.origin.tags.front().name, "reporting");
  const auto wrong = [](const std::string& tags) {
    const auto bad =
        parse_config("[origins.main]\nnodes = [\"127.0.0.1:1\"]\ntags = " + tags, "t.toml");
    EXPECT_EQ(bad.errors.size(), 1U);
    return bad.errors.empty() ? "" : bad.errors.front();
  };
  EXPECT_EQ(wrong("{ a = [\"127.0.0.1:2\"] }"),
            "t.toml:3: origins.main.tags.a: \"127.0.0.1:2\" is not one of nodes");
  EXPECT_EQ(wrong("{ primary = [\"127.0.0.1:1\"] }"),
            "t.toml:3: origins.main.tags.primary: is a role, and cannot be a tag");
  EXPECT_NE(wrong("[\"127.0.0.1:1\"]").find("must be a table"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::gateway
