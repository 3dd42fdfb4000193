#include "audit/report/series.h"

#include <algorithm>
#include <array>

namespace tidemark::audit {
namespace {

struct Values {
  std::vector<Duration> behind;
  std::vector<Duration> reads;
  std::vector<Duration> writes;
};

class Builder {
 public:
  explicit Builder(Duration length) {
    series_.step = bucket_length(length);
    const auto count = std::max<std::size_t>(length / series_.step, 1);
    series_.last_step = std::max(length, series_.step) - (count - 1) * series_.step;
    series_.buckets.resize(count);
    values_.resize(count);
    for (Bucket& bucket : series_.buckets) bucket.violations.resize(k_guarantees);
  }

  void add(const History& history, const Operation& operation) {
    if (is_message(operation) || operation.outcome != Outcome::k_ok) return;
    const Duration took = operation.ended - operation.started;
    const Action action = action_of(history, operation);
    by_action_[static_cast<std::size_t>(action)].push_back(took);
    const std::size_t index = bucket_at(operation.ended);
    if (!is_read(action)) {
      values_[index].writes.push_back(took);
      return;
    }
    values_[index].reads.push_back(took);
    series_.buckets[index].served.add(operation.served_by);
  }

  void add(const Stale& stale) { values_[bucket_at(stale.at)].behind.push_back(stale.behind); }

  void add(const Verdict& verdict) {
    for (const Duration at : verdict.times) {
      ++series_.buckets[bucket_at(at)].violations[static_cast<std::size_t>(verdict.guarantee)];
    }
  }

  Series take() {
    for (std::size_t index = 0; index < values_.size(); ++index) {
      Bucket& bucket = series_.buckets[index];
      bucket.behind = distribution(values_[index].behind);
      bucket.reads = distribution(values_[index].reads);
      bucket.writes = distribution(values_[index].writes);
    }
    for (std::size_t index = 0; index < k_actions; ++index) {
      if (!by_action_[index].empty()) add_curve(static_cast<Action>(index), by_action_[index]);
    }
    return std::move(series_);
  }

 private:
  std::size_t bucket_at(Duration time) const {
    const auto index = static_cast<std::size_t>(std::max(time, Duration{0}) / series_.step);
    return std::min(index, values_.size() - 1);
  }

  void add_curve(Action action, std::vector<Duration>& latencies) {
    std::ranges::sort(latencies);
    const std::uint64_t count = latencies.size();
    Curve curve{action, {}};
    for (const std::uint32_t quantile : k_quantiles) {
      // Above the quantile there is to be at least one operation, or it says nothing.
      if (quantile > 50'000 && count * (100'000 - quantile) < 100'000) break;
      const std::uint64_t rank = (count * quantile + 99'999) / 100'000;
      curve.at.push_back(latencies[std::max<std::uint64_t>(rank, 1) - 1]);
    }
    series_.curves.push_back(std::move(curve));
  }

  Series series_;
  std::vector<Values> values_;
  std::array<std::vector<Duration>, k_actions> by_action_;
};

}  // namespace

Duration bucket_length(Duration length) {
  Duration step = std::chrono::milliseconds(1);
  for (int factor = 0; length / step > static_cast<std::int64_t>(k_most_buckets); ++factor) {
    // 1, 2, 5, 10, ...
    step = factor % 3 == 1 ? step / 2 * 5 : step * 2;
  }
  return step;
}

Series series_of(const History& history, const Findings& findings) {
  Duration length{0};
  for (const Operation& operation : history.operations) length = std::max(length, operation.ended);
  Builder builder(length);
  for (const Operation& operation : history.operations) builder.add(history, operation);
  for (const Stale& stale : findings.staleness) builder.add(stale);
  for (const Verdict& verdict : findings.verdicts) builder.add(verdict);
  return builder.take();
}

}  // namespace tidemark::audit
