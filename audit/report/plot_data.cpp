#include "audit/report/plot_data.h"

#include <algorithm>

#include "audit/report/json_writer.h"
#include "audit/report/series.h"

namespace tidemark::audit {
namespace {

double as_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }
double as_milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

void put_percentiles(JsonWriter& json, std::string_view key, const Series& series,
                     Latency Bucket::* latency) {
  const auto put = [&](std::string_view name, Duration Latency::* value) {
    json.key(name);
    json.begin_array();
    for (const Bucket& bucket : series.buckets) {
      const Latency& of = bucket.*latency;
      if (of.count == 0) {
        json.null();
      } else {
        json.value(as_milliseconds(of.*value));
      }
    }
    json.end_array();
  };
  json.key(key);
  json.begin_object();
  put("p50", &Latency::p50);
  put("p99", &Latency::p99);
  put("max", &Latency::max);
  json.end_object();
}

// In reads a second.
void put_served(JsonWriter& json, const Series& series) {
  const auto put = [&](std::string_view name, std::uint64_t Share::* count) {
    json.key(name);
    json.begin_array();
    for (const Bucket& bucket : series.buckets) {
      const bool last = &bucket == &series.buckets.back();
      json.value(static_cast<double>(bucket.served.*count) /
                 as_seconds(last ? series.last_step : series.step));
    }
    json.end_array();
  };
  json.key("served");
  json.begin_object();
  put("primary", &Share::primary);
  put("standby", &Share::standby);
  put("unknown", &Share::unknown);
  json.end_object();
}

void put_violations(JsonWriter& json, const Series& series, const Findings& findings) {
  json.key("violations");
  json.begin_array();
  for (const Verdict& verdict : findings.verdicts) {
    if (verdict.violations == 0) continue;
    json.begin_object();
    json.member("title", title(verdict.guarantee));
    json.member("count", verdict.violations);
    json.key("counts");
    json.begin_array();
    for (const Bucket& bucket : series.buckets) {
      json.value(bucket.violations[static_cast<std::size_t>(verdict.guarantee)]);
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

void put_curves(JsonWriter& json, const Series& series) {
  json.key("quantiles");
  json.begin_array();
  for (const std::uint32_t quantile : k_quantiles) json.value(quantile / 100'000.0);
  json.end_array();
  json.key("curves");
  json.begin_array();
  for (const Curve& curve : series.curves) {
    json.begin_object();
    json.member("title", title(curve.action));
    json.key("ms");
    json.begin_array();
    for (std::size_t index = 0; index < k_quantiles.size(); ++index) {
      if (index < curve.at.size()) {
        json.value(as_milliseconds(curve.at[index]));
      } else {
        json.null();
      }
    }
    json.end_array();
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string plot_data(const History& history, const Findings& findings) {
  const Series series = series_of(history, findings);
  JsonWriter json(JsonWriter::Layout::k_compact);
  json.begin_object();
  json.member("step", as_seconds(series.step));
  json.member("buckets", series.buckets.size());
  put_percentiles(json, "staleness", series, &Bucket::behind);
  put_percentiles(json, "reads", series, &Bucket::reads);
  put_percentiles(json, "writes", series, &Bucket::writes);
  put_served(json, series);
  put_violations(json, series, findings);
  put_curves(json, series);
  json.key("events");
  json.begin_array();
  for (const Event& event : history.events) {
    json.begin_object();
    json.member("at", as_seconds(event.at));
    json.member("what", event.what);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

}  // namespace tidemark::audit
