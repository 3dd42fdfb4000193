#include "cli/explain_policy.h"

#include <gtest/gtest.h>

#include "sql/classify.h"

namespace tidemark::cli {
namespace {

using namespace std::chrono_literals;
using consistency::Otherwise;
using consistency::Sources;

gateway::OriginConfig three_nodes() {
  gateway::OriginConfig origin;
  origin.nodes = {"a:1", "b:2", "c:3"};
  return origin;
}

TEST(ExplainPolicy, NamesSourcesAsAConfigurationWould) {
  const auto text = [](const Sources& sources) { return describe(sources, three_nodes()); };
  EXPECT_EQ(text({}), "any node");
  EXPECT_EQ(text(consistency::k_primary_only), "the primary");
  EXPECT_EQ(text(consistency::k_standbys_only), "standbys");
  EXPECT_EQ(text(consistency::k_no_source), "no node");
  EXPECT_EQ(text({0b110, 0b110}), "b:2 or c:3");
  EXPECT_EQ(text({~0ULL, 0b100}), "c:3 or the primary");
  EXPECT_EQ(text({0, 0b100}), "c:3 as standby");
  EXPECT_EQ(text({0b100, ~0ULL}), "c:3 or standbys");
}

std::string route(const char* level, const Sources& sources,
                  Otherwise otherwise = Otherwise::k_primary) {
  PolicyAnswer answer;
  answer.promise = promise_of(*consistency::parse_level(level));
  answer.sources = sources;
  answer.otherwise = otherwise;
  return route_of_read(answer, three_nodes());
}

TEST(ExplainPolicy, ARouteFollowsFromLevelSourcesAndOtherwise) {
  EXPECT_EQ(route("session", {}),
            "a standby that has what the session has written and read; if none has in time, the "
            "primary");
  EXPECT_EQ(route("bounded(2s)", {}, Otherwise::k_wait),
            "a standby that has what was committed 2s ago; if none has in time, it is refused");
  EXPECT_EQ(route("eventual", consistency::k_standbys_only),
            "any standby, the least busy; it is refused if there is none");
  EXPECT_EQ(route("eventual", {0b010, 0b010}),
            "b:2 as standby, the least busy; the primary if there is none");
  EXPECT_EQ(route("strong", consistency::k_primary_only), "the primary");
  EXPECT_EQ(route("strong", consistency::k_standbys_only),
            "a standby that has everything that was committed before the read began; if none has "
            "in time, it is refused");
  EXPECT_NE(route("session", consistency::k_no_source).find("refused"), std::string::npos);
}

gateway::Config with_rule(consistency::Rule rule) {
  gateway::Config config;
  config.consistency.rules = {std::move(rule)};
  return config;
}

sql::Statement statement_with(const char* level) {
  sql::Statement statement;
  statement.touched_reads = {{.oid = 20000, .schema = "shop", .name = "stock"}};
  if (level != nullptr) statement.hints = {{"tidemark.level", level}};
  return statement;
}

TEST(ExplainPolicy, TellsWhetherTheRuleTheCommentOrBothGaveTheLevel) {
  const gateway::Config config =
      with_rule({.label = "fresh",
                 .tables = {"stock"},
                 .read = consistency::parse_level("bounded(2s)").value()});
  const auto source = [&](const char* level) {
    return ask_policy(config, {}, statement_with(level)).source;
  };
  EXPECT_EQ(source(nullptr), "the rule fresh");
  EXPECT_EQ(source("eventual"), "the rule fresh");
  EXPECT_EQ(source("session"), "the comment in the statement and the rule fresh");
  EXPECT_EQ(source("strong"), "the comment in the statement");
  EXPECT_EQ(ask_policy(gateway::Config{}, {}, statement_with(nullptr)).source,
            "the default of the configuration");
  EXPECT_NE(ask_policy(config, {}, statement_with("newest")).problem, "");
}

TEST(ExplainPolicy, ATransactionRunsWhereItsBeginSays) {
  const auto where = [](const char* text) {
    const auto route = route_of_control(*sql::classify(text, sql::Catalogue(), sql::SearchPath()));
    return route.has_value() ? route->where : "";
  };
  EXPECT_EQ(where("BEGIN"), "the primary");
  EXPECT_EQ(where("BEGIN READ ONLY"),
            "where its first statement that touches data may be served, all of it there");
  EXPECT_EQ(where("COMMIT"), "where its transaction runs");
  EXPECT_EQ(where("SHOW tidemark.route"), "no server");
  EXPECT_EQ(where("SELECT set_config('tidemark.level', 'strong', false)"),
            "nowhere, it is refused");
  EXPECT_EQ(where("SELECT 1"), "");
}

}  // namespace
}  // namespace tidemark::cli
