#include <fmt/format.h>

#include "audit/report/html.h"
#include "audit/report/html_tables.h"
#include "audit/report/numbers.h"
#include "audit/report/page/assets.h"
#include "audit/report/plot_data.h"
#include "audit/report/report.h"
#include "audit/report/summary.h"

namespace tidemark::audit {
namespace {

// Nothing may come from anywhere, whatever stands in the page.
constexpr std::string_view k_head = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; img-src data:;
               style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
)";

std::string head(const Report& report) {
  const std::string title = "tidemark audit: " + report.history->title;
  return std::string(k_head) + html::element("title", html::escaped(title)) + "\n<style>\n" +
         std::string(page::plot_style()) + "\n" + std::string(page::style()) +
         "</style>\n</head>\n";
}

std::string masthead(const Report& report, const Summary& summary) {
  const std::string facts = fmt::format(
      "{}{}{} s, {} on {}, {}, {}, {}", report.date, report.date.empty() ? "" : " · ",
      in_seconds(summary.length), counted(summary.sessions, "session"),
      counted(summary.connections, "connection"), counted(summary.reads, "read"),
      counted(summary.writes, "write"), counted(summary.messages, "message between sessions"));
  return html::element("header", html::element("p class=brand", "tidemark audit") +
                                     html::element("h1", html::escaped(report.history->title)) +
                                     html::element("p class=facts", html::escaped(facts))) +
         "\n";
}

// Where page.js draws a plot, with what there is to say of it.
std::string plot(std::string_view id, std::string_view caption) {
  return html::element("figure", html::element("figcaption", caption) +
                                     fmt::format("<div class=plot id=\"{}\"></div>", id)) +
         "\n";
}

// A plot over the run's time, where dashed lines show what was done meanwhile.
std::string plot_of_run(const History& history, std::string_view id, std::string caption) {
  if (!history.events.empty()) {
    caption += ". Dashed lines: " + html::element("a href=\"#events\"", "what was done meanwhile");
  }
  return plot(id, caption);
}

std::string violations(const Report& report) {
  for (const Verdict& verdict : report.findings->verdicts) {
    if (verdict.violations > 0) {
      return plot_of_run(*report.history, "plot-violations",
                         "How often each guarantee was violated");
    }
  }
  return html::element("p", "None.");
}

std::string sections(const Report& report, const Summary& summary) {
  using html::section;
  const History& history = *report.history;
  const std::string stale =
      summary.behind.count == 0
          ? html::element("p", "Nothing was read of which it is known how fresh it was.")
          : plot_of_run(history, "plot-staleness",
                        "How far behind reads of rows were, in milliseconds") +
                html::staleness_table(summary);
  return html::verdict(report, summary) +
         section("guarantees", "Guarantees", html::guarantees(*report.findings)) +
         section("violations", "Violations over time", violations(report)) +
         section("stories", "Counterexamples", html::stories(report)) +
         section("staleness", "Staleness over time", stale) +
         section(
             "latency", "Latency",
             plot("plot-curves", "So many of the operations took so many milliseconds or less") +
                 plot_of_run(history, "plot-latency",
                             "Reads and writes over the run, in milliseconds") +
                 html::latency_table(summary)) +
         section("served", "Who served",
                 plot_of_run(history, "plot-served", "Reads a second, by who served them") +
                     html::served_tables(summary)) +
         section("errors", "Errors", html::errors(summary)) +
         section("events", "What was done meanwhile", html::events(history)) +
         section("unknown", "What this run does not know", html::list(summary.unknown));
}

std::string footer(const Report& report) {
  std::string text;
  if (!report.command.empty()) {
    text +=
        html::element("p", "Run again: " + html::element("code", html::escaped(report.command)));
  }
  text += html::element(
      "details", html::element("summary", "The plots are drawn by uPlot, under the MIT licence") +
                     html::element("pre", html::escaped(page::plot_licence())));
  return html::element("footer", text) + "\n";
}

}  // namespace

std::string html_report(const Report& report) {
  const Summary summary = summarize(*report.history, *report.findings);
  return head(report) + "<body>\n" + masthead(report, summary) +
         html::element("main", "\n" + sections(report, summary)) + footer(report) +
         "<script type=\"application/json\" id=\"data\">" +
         plot_data(*report.history, *report.findings) + "</script>\n<script>\n" +
         std::string(page::plot_library()) + "\n" + std::string(page::script()) +
         "</script>\n</body>\n</html>\n";
}

}  // namespace tidemark::audit
