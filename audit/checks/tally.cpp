#include "audit/checks/tally.h"

#include <algorithm>

#include "base/check.h"

namespace tidemark::audit {

Tally::Tally(Guarantee guarantee, const History& history) : history_(&history) {
  verdict_.guarantee = guarantee;
}

void Tally::note(OperationId shown_by) {
  ++verdict_.violations;
  verdict_.times.push_back(history_->operations[shown_by].ended);
}

Tally::Rank Tally::rank(std::span<const OperationId> operations) const {
  Duration first = Duration::max();
  Duration last = Duration::min();
  for (const OperationId id : operations) {
    first = std::min(first, history_->operations[id].started);
    last = std::max(last, history_->operations[id].ended);
  }
  return Rank{.steps = operations.size(), .span = last - first};
}

std::optional<std::size_t> Tally::place_of(std::span<const OperationId> operations) const {
  const auto found = std::ranges::upper_bound(ranks_, rank(operations));
  const auto place = static_cast<std::size_t>(found - ranks_.begin());
  if (place == k_most_examples) return std::nullopt;
  return place;
}

void Tally::put(std::size_t place, std::span<const OperationId> operations, Telling telling) {
  CHECK(telling.what.size() == operations.size());
  Violation violation{.guarantee = verdict_.guarantee,
                      .at = history_->operations[operations.back()].ended,
                      .steps = {},
                      .conclusion = std::move(telling.conclusion)};
  for (std::size_t i = 0; i < operations.size(); ++i) {
    violation.steps.push_back(Step{.operation = operations[i], .what = std::move(telling.what[i])});
  }
  auto& examples = verdict_.examples;
  const auto erase = [&](std::size_t at) {
    ranks_.erase(ranks_.begin() + static_cast<std::ptrdiff_t>(at));
    examples.erase(examples.begin() + static_cast<std::ptrdiff_t>(at));
  };
  for (std::size_t at = 0; at < examples.size(); ++at) {
    if (!tell_the_same(examples[at], violation)) continue;
    if (at < place) return;
    erase(at);
    break;
  }
  const auto offset = static_cast<std::ptrdiff_t>(place);
  ranks_.insert(ranks_.begin() + offset, rank(operations));
  examples.insert(examples.begin() + offset, std::move(violation));
  if (ranks_.size() > k_most_examples) erase(k_most_examples);
}

// The same sessions did the same, as when both reads of a pipeline show one thing.
bool Tally::tell_the_same(const Violation& one, const Violation& other) const {
  return std::ranges::equal(one.steps, other.steps, [&](const Step& step, const Step& its) {
    return step.what == its.what && history_->operations[step.operation].session ==
                                        history_->operations[its.operation].session;
  });
}

Verdict Tally::verdict() && {
  std::ranges::sort(verdict_.times);
  return std::move(verdict_);
}

}  // namespace tidemark::audit
