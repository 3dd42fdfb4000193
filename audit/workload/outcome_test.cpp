#include "audit/workload/outcome.h"

#include <gtest/gtest.h>

namespace tidemark::audit {
namespace {

Answer error(const char* sqlstate) {
  Answer answer;
  answer.fate = Fate::k_error;
  answer.sqlstate = sqlstate;
  return answer;
}

TEST(Outcome, AnErrorOfTheTransactionSaysThatItHasNotHappened) {
  for (const char* sqlstate : {"40001", "40P01", "23505", "57014", "25006", "57P03", "TM001"}) {
    EXPECT_EQ(outcome_of_commit(error(sqlstate)), Outcome::k_failed) << sqlstate;
  }
}

TEST(Outcome, AnErrorOfTheServerOrTheConnectionLeavesItOpen) {
  for (const char* sqlstate : {"57P01", "57P02", "08006", "08001", "40003", "XX000", ""}) {
    EXPECT_EQ(outcome_of_commit(error(sqlstate)), Outcome::k_maybe) << sqlstate;
  }
}

TEST(Outcome, NoAnswerLeavesItOpen) {
  for (const Fate fate : {Fate::k_lost, Fate::k_late}) {
    Answer answer;
    answer.fate = fate;
    EXPECT_EQ(outcome_of_commit(answer), Outcome::k_maybe);
  }
}

TEST(Outcome, ACommitAnsweredByRollbackHasFailed) {
  Answer answer;
  answer.tag = "COMMIT";
  EXPECT_EQ(outcome_of_commit(answer), Outcome::k_ok);
  answer.tag = "ROLLBACK";
  EXPECT_EQ(outcome_of_commit(answer), Outcome::k_failed);
}

TEST(Outcome, AnErrorIsShownWithItsCode) {
  Answer answer = error("40001");
  answer.message = "could not serialize access";
  EXPECT_EQ(error_of(answer), "40001 could not serialize access");
}

}  // namespace
}  // namespace tidemark::audit
