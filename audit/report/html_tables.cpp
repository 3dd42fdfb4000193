#include "audit/report/html_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "audit/checks/story.h"
#include "audit/report/html.h"
#include "audit/report/numbers.h"

namespace tidemark::audit::html {
namespace {

std::string tile(std::string_view name, const std::string& value, const std::string& more) {
  return element("div class=tile",
                 element("dt", name) +
                     element("dd", escaped(value) + element("small", escaped(more)))) +
         "\n";
}

std::string tiles(const Findings& findings, const Summary& summary) {
  std::uint64_t violations = 0;
  for (const Verdict& verdict : findings.verdicts) violations += verdict.violations;
  std::string all;
  all += tile("violations", grouped(violations), "of all guarantees");
  all += tile("reads by standbys", percent(summary.share.standby, summary.share.known()),
              fmt::format("of {:.0f} reads a second", summary.reads_a_second));
  all += tile("a read takes", in_milliseconds(summary.read_latency.p50) + " ms",
              "p99 " + in_milliseconds(summary.read_latency.p99) + " ms");
  all += tile("a write takes", in_milliseconds(summary.write_latency.p50) + " ms",
              "p99 " + in_milliseconds(summary.write_latency.p99) + " ms");
  if (summary.behind.count == 0) return element("dl class=tiles", all);
  all += tile("fresh reads of rows", percent(summary.fresh, summary.behind.count),
              "the stalest " + in_milliseconds(summary.behind.max) + " ms behind");
  return element("dl class=tiles", all);
}

std::string chip(const Verdict& verdict) {
  if (verdict.violations > 0) {
    return element("span class=\"chip bad\"", "✗ violated " + times(verdict.violations));
  }
  if (verdict.chances > 0) return element("span class=\"chip good\"", "✓ held");
  return element("span class=\"chip open\"", "– not exercised");
}

// "0.0100 s: session 0 read …" with the time in a column of its own.
std::string story_item(std::string_view line) {
  const std::size_t end = line.find(": ");
  if (end == std::string_view::npos) return element("li", escaped(line));
  return element("li", element("time", escaped(line.substr(0, end))) +
                           element("span", escaped(line.substr(end + 2))));
}

std::vector<std::string> latency_cells(const Latency& latency) {
  std::vector<std::string> cells;
  for (const Duration value : {latency.p50, latency.p90, latency.p99, latency.p999, latency.max}) {
    cells.push_back(latency.count > 0 ? in_milliseconds(value) : "");
  }
  return cells;
}

std::string place_table(std::string_view heading, const std::vector<PlaceSummary>& places) {
  std::vector<std::vector<std::string>> rows;
  for (const PlaceSummary& place : places) {
    const Latency& reads = place.read_latency;
    const Latency& writes = place.write_latency;
    rows.push_back({element("code", escaped(place.name.empty() ? "(not known)" : place.name)),
                    grouped(reads.count), percent(place.reads.standby, place.reads.known()),
                    reads.count > 0 ? in_milliseconds(reads.p50) : "",
                    reads.count > 0 ? in_milliseconds(reads.p99) : "", grouped(place.writes),
                    writes.count > 0 ? in_milliseconds(writes.p50) : "",
                    writes.count > 0 ? in_milliseconds(writes.p99) : ""});
  }
  return table({std::string(heading), "#reads", "#by standbys", "#p50 ms", "#p99 ms", "#writes",
                "#p50 ms", "#p99 ms"},
               rows);
}

}  // namespace

std::string verdict(const Report& report, const Summary& summary) {
  const Findings& findings = *report.findings;
  const std::string strongest = findings.strongest
                                    ? element("strong", escaped(to_string(*findings.strongest)))
                                    : "none, not even eventual";
  std::string text;
  std::string_view mood = "open";
  if (report.asked) {
    const bool good = held(findings, *report.asked);
    mood = good ? "good" : "bad";
    text = element("p class=answer", (good ? "✓ " : "✗ ") + escaped(to_string(*report.asked)) +
                                         (good ? " held" : " was violated"));
  }
  text += element("p", "The strongest level that the run is consistent with: " + strongest + ".");
  return element(fmt::format("section id=verdict class={}", mood),
                 text + tiles(findings, summary)) +
         "\n";
}

std::string guarantees(const Findings& findings) {
  std::vector<std::vector<std::string>> rows;
  for (const Verdict& verdict : findings.verdicts) {
    const bool exercised = verdict.chances > 0;
    rows.push_back({element("b", escaped(title(verdict.guarantee))) +
                        element("p", escaped(definition(verdict.guarantee))) +
                        element("p class=source", escaped(source(verdict.guarantee))),
                    chip(verdict), exercised ? grouped(verdict.chances) : "",
                    verdict.violations > 0 ? rate(verdict.violations, verdict.chances) : ""});
  }
  return table({"guarantee", "verdict", "#chances", "#per million"}, rows);
}

std::string stories(const Report& report) {
  std::string all;
  for (const Verdict& verdict : report.findings->verdicts) {
    std::size_t number = 0;
    for (const Violation& violation : verdict.examples) {
      std::vector<std::string> lines = story(violation, *report.history);
      const std::string so = lines.empty() ? "" : lines.back();
      if (!lines.empty()) lines.pop_back();
      std::string items;
      for (const std::string& line : lines) items += story_item(line) + "\n";
      const std::string heading =
          escaped(title(verdict.guarantee)) +
          element("small", fmt::format("{} of {}, at {} s", ++number, grouped(verdict.violations),
                                       in_seconds(violation.at)));
      all += element("article", element("h3", heading) + element("ol", items) +
                                    element("p class=so", escaped(so))) +
             "\n";
    }
  }
  return all;
}

std::string staleness_table(const Summary& summary) {
  if (summary.behind.count == 0) return "";
  const auto& missed = summary.missed;
  std::vector<std::string> behind = {"behind, in milliseconds"};
  std::ranges::copy(latency_cells(summary.behind), std::back_inserter(behind));
  return table({"", "#p50", "#p90", "#p99", "#p99.9", "#max"},
               {behind,
                {"versions missed", grouped(missed.p50), grouped(missed.p90), grouped(missed.p99),
                 grouped(missed.p999), grouped(missed.max)}});
}

std::string latency_table(const Summary& summary) {
  std::vector<std::vector<std::string>> rows;
  for (const ActionSummary& action : summary.actions) {
    std::vector<std::string> row = {std::string(title(action.action)), grouped(action.ok),
                                    grouped(action.failed + action.maybe)};
    std::ranges::copy(latency_cells(action.latency), std::back_inserter(row));
    rows.push_back(std::move(row));
  }
  return table({"operation", "#answered", "#errors", "#p50 ms", "#p90 ms", "#p99 ms", "#p99.9 ms",
                "#max ms"},
               rows);
}

std::string served_tables(const Summary& summary) {
  std::string text = place_table("endpoint", summary.endpoints);
  const bool known = std::ranges::any_of(
      summary.nodes, [](const PlaceSummary& node) { return !node.name.empty(); });
  return known ? text + place_table("node", summary.nodes) : text;
}

std::string errors(const Summary& summary) {
  if (summary.errors.empty()) return "";
  std::vector<std::vector<std::string>> rows;
  for (const ErrorSummary& error : summary.errors) {
    rows.push_back({element("code", error.sqlstate.empty() ? "-" : escaped(error.sqlstate)),
                    grouped(error.count), grouped(error.maybes), in_seconds(error.first),
                    in_seconds(error.last), escaped(error.example)});
  }
  return table({"SQLSTATE", "#times", "#outcome open", "#first, s", "#last, s", "the first one"},
               rows);
}

std::string events(const History& history) {
  std::string items;
  for (const Event& event : history.events) {
    items += element("li", element("time", in_seconds(event.at) + " s") +
                               element("span", escaped(event.what))) +
             "\n";
  }
  return items.empty() ? "" : element("ol class=events", items);
}

}  // namespace tidemark::audit::html
