#include <fmt/format.h>

#include <algorithm>

#include "audit/checks/story.h"
#include "audit/report/numbers.h"
#include "audit/report/page_of_text.h"
#include "audit/report/report.h"
#include "audit/report/summary.h"

namespace tidemark::audit {
namespace {

std::string put_head(const Report& report, const Summary& summary, const Paint& paint) {
  std::string text = paint.heading("tidemark audit") + "\n";
  text += wrapped(report.history->title, "  ", "  ");
  if (!report.date.empty()) text += "  " + report.date + "\n";
  text += wrapped(
      fmt::format("{} s, {} on {}: {} ({:.0f}/s), {} ({:.0f}/s), {}", in_seconds(summary.length),
                  counted(summary.sessions, "session"), counted(summary.connections, "connection"),
                  counted(summary.reads, "read"), summary.reads_a_second,
                  counted(summary.writes, "write"), summary.writes_a_second,
                  counted(summary.messages, "message between sessions")),
      "  ", "  ");
  return text;
}

std::string put_verdict(const Verdict& verdict, const Paint& paint) {
  const std::string name = "  " + left(title(verdict.guarantee), 24);
  if (verdict.chances == 0 && verdict.violations == 0) {
    return name + paint.faint("not exercised") + "\n";
  }
  const std::string chances = " in " + right(grouped(verdict.chances), 11) + " chances";
  if (verdict.violations == 0) return name + paint.good(left("held", 26)) + chances + "\n";
  return name + paint.bad(left("VIOLATED " + times(verdict.violations), 26)) + chances +
         right(rate(verdict.violations, verdict.chances), 12) + " per million\n";
}

std::string put_verdicts(const Report& report, const Paint& paint) {
  std::string text = "\n" + paint.heading("Guarantees") + "\n";
  for (const Verdict& verdict : report.findings->verdicts) text += put_verdict(verdict, paint);
  return text;
}

// Which of the guarantees of `level` were violated, or never put to the test.
std::string guarantees_that(const Findings& findings, const consistency::Level& level,
                            bool violated) {
  std::string names;
  for (const Guarantee guarantee : guarantees_of(level)) {
    const auto found = std::ranges::find(findings.verdicts, guarantee, &Verdict::guarantee);
    if (found == findings.verdicts.end()) continue;
    const bool matches =
        violated ? found->violations > 0 : found->violations == 0 && found->chances == 0;
    if (matches) names += (names.empty() ? "" : ", ") + std::string(title(guarantee));
  }
  return names;
}

std::string put_levels(const Report& report, const Summary& summary, const Paint& paint) {
  const Findings& findings = *report.findings;
  std::string text = "\n" + paint.heading("Level") + "\n";
  const std::string staleness =
      summary.behind.count == 0
          ? ""
          : fmt::format("; no read was staler than {} ms", in_milliseconds(summary.behind.max));
  text += wrapped(
      fmt::format("The strongest level that the run is consistent with is {}{}.",
                  findings.strongest ? to_string(*findings.strongest) : "none, not even eventual",
                  staleness),
      "  ", "  ");
  if (!report.asked) return text;
  const std::string asked = to_string(*report.asked);
  const std::string violated = guarantees_that(findings, *report.asked, true);
  const std::string open = guarantees_that(findings, *report.asked, false);
  if (held(findings, *report.asked)) {
    text += "  " + paint.good("What was asked for held: " + asked) + "\n";
  } else {
    text += "  " + paint.bad("What was asked for did not hold: " + asked) + "\n";
    text += wrapped("violated: " + violated, "    ", "      ");
  }
  if (!open.empty()) text += wrapped("not exercised: " + open, "    ", "      ");
  return text;
}

constexpr std::string_view k_percentiles =
    "     p50 ms     p90 ms     p99 ms   p99.9 ms     max ms";

std::string cells(const Latency& latency) {
  if (latency.count == 0) return "";
  std::string text;
  for (const Duration value : {latency.p50, latency.p90, latency.p99, latency.p999, latency.max}) {
    text += right(in_milliseconds(value), 11);
  }
  return text;
}

std::string put_latency(const Summary& summary, const Paint& paint) {
  std::string text =
      "\n" + paint.heading("Latency") + "\n" +
      paint.faint("  " + left("", 24) + right("answered", 13) + std::string(k_percentiles)) + "\n";
  for (const ActionSummary& action : summary.actions) {
    text += "  " + left(title(action.action), 24) + right(grouped(action.ok), 13) +
            cells(action.latency) + "\n";
  }
  return text;
}

std::string put_places(std::string_view heading, const std::vector<PlaceSummary>& places,
                       const Paint& paint) {
  std::string text =
      paint.faint("  " + left(heading, 44) + right("reads", 11) + right("by standbys", 13) +
                  right("p50 ms", 9) + right("p99 ms", 9) + right("writes", 11)) +
      "\n";
  for (const PlaceSummary& place : places) {
    const std::uint64_t reads = place.read_latency.count;
    text += "  " + left(shortened(place.name.empty() ? "(not known)" : place.name, 43), 44) +
            right(grouped(reads), 11) +
            right(percent(place.reads.standby, place.reads.known()), 13) +
            right(reads > 0 ? in_milliseconds(place.read_latency.p50) : "-", 9) +
            right(reads > 0 ? in_milliseconds(place.read_latency.p99) : "-", 9) +
            right(grouped(place.writes), 11) + "\n";
  }
  return text;
}

std::string put_served(const Summary& summary, const Paint& paint) {
  std::string text = "\n" + paint.heading("Who served") + "\n";
  text += put_places("endpoint", summary.endpoints, paint);
  const bool known = std::ranges::any_of(
      summary.nodes, [](const PlaceSummary& node) { return !node.name.empty(); });
  if (known) text += put_places("node", summary.nodes, paint);
  return text;
}

std::string put_staleness(const Summary& summary, const Paint& paint) {
  if (summary.behind.count == 0) return "";
  std::string text = "\n" + paint.heading("Staleness") + "\n";
  text +=
      fmt::format("  Of {} reads of rows {} missed nothing that had been acknowledged before.\n",
                  grouped(summary.behind.count), percent(summary.fresh, summary.behind.count));
  text += paint.faint("  " + left("", 37) + std::string(k_percentiles).substr(0, 55)) + "\n";
  text += "  " + left("behind, in milliseconds", 37) + cells(summary.behind) + "\n";
  text += "  " + left("versions missed", 37);
  const auto& missed = summary.missed;
  for (const std::uint64_t value : {missed.p50, missed.p90, missed.p99, missed.p999, missed.max}) {
    text += right(grouped(value), 11);
  }
  return text + "\n";
}

std::string put_errors(const Summary& summary, const Paint& paint) {
  if (summary.errors.empty()) return "";
  std::string text = "\n" + paint.heading("Errors") + "\n";
  for (const ErrorSummary& error : summary.errors) {
    const std::string when =
        error.count == 1
            ? fmt::format("at {} s", in_seconds(error.first))
            : fmt::format("from {} s to {} s", in_seconds(error.first), in_seconds(error.last));
    text += fmt::format(
        "  {}  {}, {}{}\n", error.sqlstate.empty() ? "-----" : error.sqlstate, times(error.count),
        when, error.maybes == 0 ? "" : fmt::format("; outcome open: {}", grouped(error.maybes)));
    if (!error.example.empty()) text += wrapped(error.example, "         ", "         ");
  }
  if (summary.losses_declared > 0) {
    text += wrapped(fmt::format("A session was told {} that it may have lost something.",
                                times(summary.losses_declared)),
                    "  ", "  ");
  }
  return text;
}

std::string put_events(const History& history, const Paint& paint) {
  if (history.events.empty()) return "";
  std::string text = "\n" + paint.heading("What was done meanwhile") + "\n";
  for (const Event& event : history.events) {
    text += wrapped(event.what, fmt::format("  {} s  ", right(in_seconds(event.at), 9)),
                    std::string(15, ' '));
  }
  return text;
}

std::string put_unknown(const Summary& summary, const Paint& paint) {
  if (summary.unknown.empty()) return "";
  std::string text = "\n" + paint.heading("What this run does not know") + "\n";
  for (const std::string& sentence : summary.unknown) text += wrapped(sentence, "  - ", "    ");
  return text;
}

std::string put_stories(const Report& report, const Paint& paint) {
  std::string text;
  for (const Verdict& verdict : report.findings->verdicts) {
    std::size_t number = 0;
    for (const Violation& violation : verdict.examples) {
      text += fmt::format("\n  {}, {} of {}, at {} s\n", paint.bad(title(verdict.guarantee)),
                          ++number, grouped(verdict.violations), in_seconds(violation.at));
      for (const std::string& line : story(violation, *report.history)) {
        text += wrapped(line, "    ", "      ");
      }
    }
  }
  if (text.empty()) return "";
  return "\n" + paint.heading("Counterexamples") + " (the smallest)\n" + text;
}

}  // namespace

std::string text_report(const Report& report, bool colour) {
  const Paint paint(colour);
  const Summary summary = summarize(*report.history, *report.findings);
  std::string text = put_head(report, summary, paint);
  text += put_stories(report, paint);
  text += put_errors(summary, paint);
  text += put_events(*report.history, paint);
  text += put_staleness(summary, paint);
  text += put_latency(summary, paint);
  text += put_served(summary, paint);
  text += put_unknown(summary, paint);
  text += put_verdicts(report, paint);
  return text + put_levels(report, summary, paint);
}

}  // namespace tidemark::audit
