#include "session/need.h"

#include <gtest/gtest.h>

#include "sql/example_catalogue.h"
#include "sql/statement_cache.h"

namespace tidemark::session {
namespace {

Need need_of(std::initializer_list<const char*> texts) {
  sql::StatementCache cache;
  const auto catalogue = sql::example_catalogue();
  Need need;
  for (const char* text : texts) add_statement(need, *cache.find_or_classify(text, catalogue));
  return need;
}

TEST(Need, AReadNeedsNoPrimary) {
  const Need need = need_of({"SELECT a FROM t"});
  EXPECT_EQ(need.why_primary, nullptr);
  EXPECT_TRUE(need.touches_data);
}

TEST(Need, AWriteNeedsIt) {
  const Need need = need_of({"INSERT INTO t VALUES (1)"});
  EXPECT_NE(need.why_primary, nullptr);
  EXPECT_TRUE(need.touches_data);
}

TEST(Need, SessionStateTouchesNoDataAndPrefersThePrimary) {
  for (const char* text : {"SET work_mem = '8MB'", "SHOW work_mem", "RESET ALL", "BEGIN", "COMMIT",
                           "SAVEPOINT s", "DEALLOCATE ALL", ""}) {
    const Need need = need_of({text});
    EXPECT_FALSE(need.touches_data) << text;
    EXPECT_NE(need.why_primary, nullptr) << text;
  }
}

TEST(Need, TheStrongestOfABatchWins) {
  const Need need = need_of({"SELECT a FROM t", "INSERT INTO t VALUES (1)", "SELECT a FROM t"});
  EXPECT_NE(need.why_primary, nullptr);
}

TEST(Need, TheFirstReasonStays) {
  Need need;
  need.require_primary("one");
  need.require_primary("two");
  EXPECT_STREQ(need.why_primary, "one");
}

TEST(Need, LastvalNeedsTheVeryConnection) {
  EXPECT_TRUE(need_of({"SELECT lastval()"}).own_session);
  EXPECT_FALSE(need_of({"SELECT a FROM t"}).own_session);
}

TEST(Need, ACommentMayAskForALevel) {
  const Need need = need_of({"SELECT a FROM t /* tidemark.level='strong' */"});
  ASSERT_TRUE(need.hints().level.has_value());
  EXPECT_EQ((*need.hints().level)->front().level.kind, consistency::Level::Kind::k_strong);
  EXPECT_FALSE(need.refusal().has_value());
}

TEST(Need, ACommentThatAsksForNothingThereIsIsRefused) {
  const Need need = need_of({"SELECT a FROM t /* tidemark.level='bogus' */"});
  ASSERT_TRUE(need.refusal().has_value());
  EXPECT_EQ(need.refusal()->sqlstate, "22023");
}

TEST(Need, ADatabaseInTheWayIsNamed) {
  EXPECT_EQ(need_of({"DROP DATABASE shop"}).affected_database(), "shop");
}

}  // namespace
}  // namespace tidemark::session
