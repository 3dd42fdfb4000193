#include <algorithm>

#include "audit/checks/story.h"
#include "audit/report/json_writer.h"
#include "audit/report/numbers.h"
#include "audit/report/report.h"
#include "audit/report/summary.h"

namespace tidemark::audit {
namespace {

double as_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

double number(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}
std::uint64_t number(std::uint64_t count) { return count; }

template <class T>
void put_distribution(JsonWriter& json, std::string_view key, const Distribution<T>& values) {
  json.key(key);
  json.begin_object();
  json.member("count", values.count);
  json.member("p50", number(values.p50));
  json.member("p90", number(values.p90));
  json.member("p99", number(values.p99));
  json.member("p99_9", number(values.p999));
  json.member("max", number(values.max));
  json.end_object();
}

void put_example(JsonWriter& json, const Violation& violation, const History& history) {
  json.begin_object();
  json.member("at_seconds", as_seconds(violation.at));
  json.member("conclusion", violation.conclusion);
  json.key("story");
  json.begin_array();
  for (const std::string& line : story(violation, history)) json.value(line);
  json.end_array();
  json.end_object();
}

void put_guarantees(JsonWriter& json, const Report& report) {
  json.key("guarantees");
  json.begin_object();
  for (const Verdict& verdict : report.findings->verdicts) {
    json.key(name(verdict.guarantee));
    json.begin_object();
    json.member("title", title(verdict.guarantee));
    json.member("definition", definition(verdict.guarantee));
    json.member("source", source(verdict.guarantee));
    json.member("verdict", verdict.violations > 0 ? "violated"
                           : verdict.chances > 0  ? "held"
                                                  : "not_exercised");
    json.member("chances", verdict.chances);
    json.member("violations", verdict.violations);
    json.member("per_million", per_million(verdict.violations, verdict.chances));
    json.key("examples");
    json.begin_array();
    for (const Violation& violation : verdict.examples) {
      put_example(json, violation, *report.history);
    }
    json.end_array();
    json.end_object();
  }
  json.end_object();
}

void put_levels(JsonWriter& json, const Report& report) {
  json.key("asked");
  if (report.asked) {
    json.begin_object();
    json.member("level", to_string(*report.asked));
    json.member("held", held(*report.findings, *report.asked));
    json.key("not_exercised");
    json.begin_array();
    for (const Guarantee guarantee : guarantees_of(*report.asked)) {
      for (const Verdict& verdict : report.findings->verdicts) {
        if (verdict.guarantee == guarantee && verdict.chances == 0) json.value(name(guarantee));
      }
    }
    json.end_array();
    json.end_object();
  } else {
    json.null();
  }
  json.key("strongest_level");
  if (report.findings->strongest) {
    json.value(to_string(*report.findings->strongest));
  } else {
    json.null();
  }
}

void put_run(JsonWriter& json, const Report& report, const Summary& summary) {
  json.key("run");
  json.begin_object();
  json.member("seconds", as_seconds(summary.length));
  json.member("sessions", summary.sessions);
  json.member("connections", summary.connections);
  json.member("reads", summary.reads);
  json.member("writes", summary.writes);
  json.member("messages", summary.messages);
  json.member("reads_per_second", summary.reads_a_second);
  json.member("writes_per_second", summary.writes_a_second);
  json.member("maybes", report.findings->maybes);
  json.member("maybes_found", report.findings->maybes_found);
  json.member("losses_declared", summary.losses_declared);
  json.member("commits_in_log", std::uint64_t{report.history->commits.size()});
  json.end_object();
}

void put_actions(JsonWriter& json, const Summary& summary) {
  put_distribution(json, "read_latency_ms", summary.read_latency);
  put_distribution(json, "write_latency_ms", summary.write_latency);
  json.key("actions");
  json.begin_object();
  for (const ActionSummary& action : summary.actions) {
    json.key(name(action.action));
    json.begin_object();
    json.member("ok", action.ok);
    json.member("failed", action.failed);
    json.member("maybe", action.maybe);
    put_distribution(json, "latency_ms", action.latency);
    json.end_object();
  }
  json.end_object();
}

void put_share(JsonWriter& json, std::string_view key, const Share& share) {
  json.key(key);
  json.begin_object();
  json.member("primary", share.primary);
  json.member("standby", share.standby);
  json.member("unknown", share.unknown);
  json.key("share_of_standbys");
  if (share.known() > 0) {
    json.value(share.on_standbys());
  } else {
    json.null();
  }
  json.end_object();
}

void put_places(JsonWriter& json, std::string_view key, const std::vector<PlaceSummary>& places) {
  json.key(key);
  json.begin_array();
  for (const PlaceSummary& place : places) {
    json.begin_object();
    json.member("name", place.name);
    put_share(json, "reads_served_by", place.reads);
    json.member("writes", place.writes);
    put_distribution(json, "read_latency_ms", place.read_latency);
    put_distribution(json, "write_latency_ms", place.write_latency);
    json.end_object();
  }
  json.end_array();
}

void put_staleness(JsonWriter& json, const Summary& summary) {
  json.key("staleness");
  json.begin_object();
  json.member("row_reads", summary.behind.count);
  json.member("fresh", summary.fresh);
  put_distribution(json, "behind_ms", summary.behind);
  put_distribution(json, "versions_missed", summary.missed);
  json.end_object();
}

void put_errors(JsonWriter& json, const Summary& summary) {
  json.key("errors");
  json.begin_array();
  for (const ErrorSummary& error : summary.errors) {
    json.begin_object();
    json.member("sqlstate", error.sqlstate);
    json.member("count", error.count);
    json.member("maybes", error.maybes);
    json.member("first_seconds", as_seconds(error.first));
    json.member("last_seconds", as_seconds(error.last));
    json.member("example", error.example);
    json.end_object();
  }
  json.end_array();
}

void put_events(JsonWriter& json, const History& history) {
  json.key("events");
  json.begin_array();
  for (const Event& event : history.events) {
    json.begin_object();
    json.member("at_seconds", as_seconds(event.at));
    json.member("what", event.what);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string json_report(const Report& report) {
  const Summary summary = summarize(*report.history, *report.findings);
  JsonWriter json;
  json.begin_object();
  json.member("format", "tidemark audit report");
  json.member("format_version", 1U);
  json.member("title", report.history->title);
  json.member("command", report.command);
  json.member("date", report.date);
  put_levels(json, report);
  put_guarantees(json, report);
  put_run(json, report, summary);
  put_actions(json, summary);
  put_share(json, "reads_served_by", summary.share);
  put_places(json, "endpoints", summary.endpoints);
  put_places(json, "nodes", summary.nodes);
  put_staleness(json, summary);
  put_errors(json, summary);
  put_events(json, *report.history);
  json.key("unknown");
  json.begin_array();
  for (const std::string& sentence : summary.unknown) json.value(sentence);
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace tidemark::audit
