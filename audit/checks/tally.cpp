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
  const auto offset = static_cast<std::ptrdiff_t>(place);
  ranks_.insert(ranks_.begin() + offset, rank(operations));
  verdict_.examples.insert(verdict_.examples.begin() + offset, std::move(violation));
  if (ranks_.size() > k_most_examples) {
    ranks_.pop_back();
    verdict_.examples.pop_back();
  }
}

Verdict Tally::verdict() && {
  std::ranges::sort(verdict_.times);
  return std::move(verdict_);
}

}  // namespace tidemark::audit
