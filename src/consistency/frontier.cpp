#include "consistency/frontier.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace tidemark::consistency {
namespace {

const History& history_of(Histories histories, OriginIndex origin) {
  static const History k_nothing_known;
  return origin < histories.size() ? histories[origin] : k_nothing_known;
}

}  // namespace

Join join(const History& history, Position one, Position other) {
  if (one.lsn == Lsn{}) return {other};
  if (other.lsn == Lsn{}) return {one};
  if (one.timeline > other.timeline) std::swap(one, other);
  const Lsn limit = history.shared(one.timeline, other.timeline);
  // What lies before the fork is as well on the older timeline as on the newer.
  if (other.lsn <= limit) return {{one.timeline, std::max(one.lsn, other.lsn)}};
  return {other, one.lsn > limit};
}

Frontier::Frontier(const Frontier& other)
    : first_(other.first_),
      others_(other.others_ == nullptr ? nullptr : std::make_unique<Others>(*other.others_)) {}

Frontier& Frontier::operator=(const Frontier& other) {
  *this = Frontier(other);
  return *this;
}

Position Frontier::at(OriginIndex origin) const {
  CHECK(origin < k_max_origins);
  if (origin == 0) return first_;
  return others_ == nullptr ? Position{} : (*others_)[origin - 1];
}

void Frontier::set(OriginIndex origin, Position position) {
  CHECK(origin < k_max_origins);
  if (origin == 0) {
    first_ = position;
  } else if (others_ != nullptr) {
    (*others_)[origin - 1] = position;
  } else if (position != Position{}) {
    others_ = std::make_unique<Others>();
    (*others_)[origin - 1] = position;
  }
}

bool Frontier::empty() const {
  for (OriginIndex origin = 0; origin < k_max_origins; ++origin) {
    if (at(origin).lsn != Lsn{}) return false;
  }
  return true;
}

bool operator==(const Frontier& one, const Frontier& other) {
  for (OriginIndex origin = 0; origin < k_max_origins; ++origin) {
    if (one.at(origin) != other.at(origin)) return false;
  }
  return true;
}

bool Frontier::merge(OriginIndex origin, Position position, const History& history) {
  const Join joined = join(history, at(origin), position);
  set(origin, joined.position);
  return !joined.lost;
}

bool Frontier::merge(const Frontier& other, Histories histories) {
  bool whole = true;
  for (OriginIndex origin = 0; origin < k_max_origins; ++origin) {
    whole &= merge(origin, other.at(origin), history_of(histories, origin));
  }
  return whole;
}

Cover Frontier::covers(const Frontier& need, Histories histories) const {
  auto worst = Cover::k_covered;
  for (OriginIndex origin = 0; origin < k_max_origins; ++origin) {
    const auto one = history_of(histories, origin).covers(at(origin), need.at(origin));
    worst = std::max(worst, one);
  }
  return worst;
}

}  // namespace tidemark::consistency
