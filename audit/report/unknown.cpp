#include "audit/report/unknown.h"

#include <fmt/format.h>

#include <string_view>

#include "audit/report/numbers.h"

namespace tidemark::audit {
namespace {

std::string_view why_not_exercised(Guarantee guarantee) {
  switch (guarantee) {
    case Guarantee::k_read_your_writes:
      return "no session read a row that it had written";
    case Guarantee::k_monotonic_reads:
      return "no session read a row twice";
    case Guarantee::k_monotonic_writes:
    case Guarantee::k_writes_follow_reads:
    case Guarantee::k_consistent_prefix:
    case Guarantee::k_no_long_fork:
      return "it takes reads of several rows that others write";
    case Guarantee::k_causal:
      return "no session learnt of a write otherwise than by reading it";
    case Guarantee::k_no_fractured_reads:
      return "no read saw several rows that one transaction had written";
    case Guarantee::k_linearizable:
      return "nothing was read after it had been written";
    case Guarantee::k_bounded:
      break;  // nobody asked
    case Guarantee::k_no_lost_writes:
      return "nothing was written";
    case Guarantee::k_no_lost_updates:
      return "nothing was incremented or appended";
  }
  return "";
}

void add_of_writes(const Findings& findings, std::vector<std::string>& result) {
  if (findings.maybes == 0) return;
  result.push_back(fmt::format(
      "Of {} writes no answer came, or one that left it open: {} had happened after all, {} were "
      "never seen. They are held against nobody.",
      grouped(findings.maybes), grouped(findings.maybes_found),
      grouped(findings.maybes - findings.maybes_found)));
}

void add_of_truth(const History& history, std::vector<std::string>& result) {
  if (history.commits.empty() && !history.no_commits.empty()) {
    result.push_back(fmt::format(
        "The order of commits in the primary's log was not read: {}. The order of the writes to "
        "each row is known all the same, from the versions that they returned.",
        history.no_commits));
  }
  if (history.last.empty() && history.last_lists.empty() && !history.operations.empty()) {
    result.push_back(
        "The rows as they were at the end could not be read from the primary, so a write that was "
        "lost after its last read is not found.");
  }
}

void add_of_places(const Summary& summary, std::vector<std::string>& result) {
  if (summary.share.unknown == 0) return;
  result.push_back(
      fmt::format("Of {} reads ({}) it is not known whether the primary or a standby served them.",
                  grouped(summary.share.unknown), percent(summary.share.unknown, summary.reads)));
}

}  // namespace

std::vector<std::string> what_is_unknown(const History& history, const Findings& findings,
                                         const Summary& summary) {
  std::vector<std::string> result;
  for (const Verdict& verdict : findings.verdicts) {
    if (verdict.chances > 0 || verdict.guarantee == Guarantee::k_bounded) continue;
    result.push_back(fmt::format("Nothing is known of \"{}\": {}.", title(verdict.guarantee),
                                 why_not_exercised(verdict.guarantee)));
  }
  add_of_writes(findings, result);
  add_of_truth(history, result);
  add_of_places(summary, result);
  return result;
}

}  // namespace tidemark::audit
