#include "audit/workload/outcome.h"

#include <algorithm>
#include <array>

namespace tidemark::audit {

bool leaves_commit_open(std::string_view sqlstate) {
  // Statement completion unknown; and the classes of connection exceptions, of an operator's
  // intervention (but a cancelled statement, which is 57014, is rolled back, and what is refused
  // for the time being, 57P03, has not begun), of system errors and of internal errors. No code at
  // all comes from nobody who knows.
  if (sqlstate.empty() || sqlstate == "40003") return true;
  if (sqlstate == "57P03") return false;
  constexpr std::array<std::string_view, 4> k_classes = {"08", "57P", "58", "XX"};
  return std::ranges::any_of(
      k_classes, [sqlstate](std::string_view begin) { return sqlstate.starts_with(begin); });
}

Outcome outcome_of_commit(const Answer& answer) {
  switch (answer.fate) {
    case Fate::k_done:
      // A COMMIT of a transaction that had failed is answered so.
      return answer.tag == "ROLLBACK" ? Outcome::k_failed : Outcome::k_ok;
    case Fate::k_error:
      return leaves_commit_open(answer.sqlstate) ? Outcome::k_maybe : Outcome::k_failed;
    case Fate::k_lost:
    case Fate::k_late:
      break;
  }
  return Outcome::k_maybe;
}

std::string error_of(const Answer& answer) {
  if (answer.fate == Fate::k_done) return {};
  return answer.sqlstate.empty() ? answer.message : answer.sqlstate + " " + answer.message;
}

}  // namespace tidemark::audit
