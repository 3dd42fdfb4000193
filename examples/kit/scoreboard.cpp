#include "examples/kit/scoreboard.h"

#include <fmt/format.h>

#include <algorithm>

namespace kit {
namespace {

constexpr std::size_t k_most_stories = 6;

std::string quoted(std::string_view text) {
  std::string made = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') made += '\\';
    made += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return made + '"';
}

std::string refusals_text(const std::map<std::string, long>& refusals) {
  std::string text;
  for (const auto& [sqlstate, count] : refusals) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, sqlstate);
  }
  return text.empty() ? "-" : text;
}

double share_of_standbys(long by_standby, long asked) {
  return asked == 0 ? 0 : 100.0 * static_cast<double>(by_standby) / static_cast<double>(asked);
}

}  // namespace

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto last = static_cast<double>(values.size() - 1);
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(last * share);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

void Scoreboard::done(const std::string& operation, Clock::duration took) {
  const std::lock_guard lock(mutex_);
  at(operation).milliseconds.push_back(std::chrono::duration<double, std::milli>(took).count());
}

void Scoreboard::served(const std::string& operation, const std::string& level, bool by_standby) {
  const std::lock_guard lock(mutex_);
  Operation& one = at(operation);
  one.level = level;
  ++one.asked;
  one.by_standby += by_standby ? 1 : 0;
}

void Scoreboard::refused(const std::string& operation, const std::string& sqlstate) {
  const std::lock_guard lock(mutex_);
  ++at(operation).refusals[sqlstate];
}

void Scoreboard::violated(const std::string& operation, const std::string& what) {
  const std::lock_guard lock(mutex_);
  ++at(operation).violations;
  if (stories_.size() < k_most_stories) stories_.push_back(operation + ": " + what);
}

void Scoreboard::invariant(const std::string& claim, bool held, const std::string& detail) {
  const std::lock_guard lock(mutex_);
  invariants_.push_back({claim, held, detail});
}

long Scoreboard::count(const std::string& operation) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(operations_, operation, &Operation::name);
  return found == operations_.end() ? 0 : static_cast<long>(found->milliseconds.size());
}

long Scoreboard::violations() const {
  const std::lock_guard lock(mutex_);
  long sum = 0;
  for (const Operation& one : operations_) sum += one.violations;
  return sum;
}

bool Scoreboard::all_held() const {
  const std::lock_guard lock(mutex_);
  return std::ranges::all_of(operations_, [](const auto& one) { return one.violations == 0; }) &&
         std::ranges::all_of(invariants_, [](const auto& one) { return one.held; });
}

std::string Scoreboard::table() const {
  const std::lock_guard lock(mutex_);
  std::string text =
      fmt::format("{:<22}{:<18}{:>8}{:>9}{:>9}{:>10}{:>11}  {}\n", "operation", "level", "count",
                  "p50 ms", "p99 ms", "standbys", "violations", "refused");
  for (const Operation& one : operations_) {
    text += fmt::format("{:<22}{:<18}{:>8}{:>9.2f}{:>9.2f}{:>10}{:>11}  {}\n", one.name, one.level,
                        one.milliseconds.size(), percentile(one.milliseconds, 0.5),
                        percentile(one.milliseconds, 0.99),
                        one.asked == 0
                            ? "-"
                            : fmt::format("{:.0f} %", share_of_standbys(one.by_standby, one.asked)),
                        one.violations, refusals_text(one.refusals));
  }
  for (const Invariant& one : invariants_) {
    text += fmt::format("{} {}: {}\n", one.held ? "✓" : "✗", one.claim, one.detail);
  }
  for (const std::string& story : stories_) text += "  " + story + "\n";
  return text;
}

std::string Scoreboard::json() const {
  const std::lock_guard lock(mutex_);
  std::string text = "{\"operations\": [";
  for (const Operation& one : operations_) {
    long refusals = 0;
    for (const auto& [sqlstate, count] : one.refusals) refusals += count;
    text += fmt::format(
        "{}\n  {{\"name\": {}, \"level\": {}, \"count\": {}, \"p50_ms\": {:.3f}, \"p99_ms\": "
        "{:.3f}, "
        "\"asked\": {}, \"by_standby\": {}, \"violations\": {}, \"refused\": {}}}",
        &one == operations_.data() ? "" : ",", quoted(one.name), quoted(one.level),
        one.milliseconds.size(), percentile(one.milliseconds, 0.5),
        percentile(one.milliseconds, 0.99), one.asked, one.by_standby, one.violations, refusals);
  }
  text += "],\n \"invariants\": [";
  for (const Invariant& one : invariants_) {
    text += fmt::format("{}\n  {{\"claim\": {}, \"held\": {}, \"detail\": {}}}",
                        &one == invariants_.data() ? "" : ",", quoted(one.claim), one.held,
                        quoted(one.detail));
  }
  return text + "]}\n";
}

Scoreboard::Operation& Scoreboard::at(const std::string& operation) {
  const auto found = std::ranges::find(operations_, operation, &Operation::name);
  if (found != operations_.end()) return *found;
  operations_.push_back({});
  operations_.back().name = operation;
  return operations_.back();
}

}  // namespace kit
