#include "session/long_text.h"

#include <gtest/gtest.h>

#include <string>

namespace tidemark::session {
namespace {

bool goes_on(std::string_view text, std::size_t chunk) {
  LongText passing;
  bool found = false;
  for (std::size_t at = 0; at < text.size(); at += chunk) {
    found = passing.goes_on_behind_rollback(text.substr(at, chunk)) || found;
  }
  return found;
}

TEST(LongText, FindsWhatFollowsARollbackHoweverItIsCut) {
  for (const std::size_t chunk : {1U, 3U, 7U, 1000U}) {
    EXPECT_TRUE(goes_on("INSERT INTO t VALUES (1);RollBack; INSERT INTO t VALUES (2)", chunk));
    EXPECT_TRUE(goes_on("abort;x", chunk));
    EXPECT_TRUE(goes_on("rrollback to a \n ;;commit", chunk));
    EXPECT_TRUE(goes_on("SELECT 'aaborted; or so'", chunk)) << "in doubt";
  }
}

TEST(LongText, FindsNothingWhereNothingFollowsOrNothingRollsBack) {
  for (const std::size_t chunk : {1U, 3U, 7U, 1000U}) {
    EXPECT_FALSE(goes_on("INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2)", chunk));
    EXPECT_FALSE(goes_on("INSERT INTO t VALUES ('x'); ROLLBACK", chunk));
    EXPECT_FALSE(goes_on(std::string_view("ROLLBACK; ;\r\n\t \0", 16), chunk));
    EXPECT_FALSE(
        goes_on("INSERT INTO t VALUES ('roll'); SELECT 'back', 'abor t'; SELECT 1", chunk));
  }
}

}  // namespace
}  // namespace tidemark::session
