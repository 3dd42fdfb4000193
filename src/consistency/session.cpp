#include "consistency/session.h"

#include <algorithm>

#include "base/check.h"

namespace tidemark::consistency {
namespace {

// Today's only origin.
constexpr OriginIndex k_origin = 0;

// How much is given up by folding a mark: 0 is nothing, 3 is the promise itself.
int price_of_folding(const Remembered& what) {
  if (what.resolved && what.shown && what.durable) return 0;
  if (what.mark.on_primary) return 3;
  return what.resolved ? 1 : 2;
}

bool is_of_some_standby(const Remembered& what) { return what.mark.node == k_no_node; }

void raise(Frontier& floor, Position position) {
  const Lsn lsn = std::max(floor.at(k_origin).lsn, position.lsn);
  floor.set(k_origin, {position.timeline, lsn});
}

}  // namespace

void Session::note_write(NodeIndex node, Incarnation incarnation, Instant at) {
  note({.mark = {node, incarnation, at, true}, .is_write = true});
}

void Session::note_read(NodeIndex node, Incarnation incarnation, Instant at, bool is_primary) {
  note({.mark = {node, incarnation, at, is_primary}});
}

// A later mark of the same run says all that an earlier one said: what a node shows only grows.
void Session::note(const Remembered& what) {
  for (Remembered& known : marks()) {
    if (!known.mark.same_run(what.mark) || known.is_write != what.is_write) continue;
    if (what.mark.at > known.mark.at) known = what;
    return;
  }
  while (count_ == k_max_marks) make_room();
  marks_[count_++] = what;
}

bool Session::empty() const {
  return count_ == 0 && writes_.empty() && reads_.empty() && !lost_writes_ && !lost_reads_;
}

void Session::forgive() {
  lost_writes_ = false;
  lost_reads_ = false;
}

void Session::restate(Timeline timeline) {
  timeline_ = timeline;
  for (Remembered& known : marks()) {
    if (known.resolved) known.position.timeline = timeline;
  }
  for (Frontier* floor : {&writes_, &reads_}) {
    if (!floor->empty()) floor->set(k_origin, {timeline, floor->at(k_origin).lsn});
  }
}

void Session::lose(std::size_t index) {
  CHECK(index < count_);
  (marks_[index].is_write ? lost_writes_ : lost_reads_) = true;
  drop(index);
}

void Session::lose_written_floor() {
  lost_writes_ = true;
  writes_ = {};
}

void Session::lose_read_floor() {
  lost_reads_ = true;
  reads_ = {};
  unshown_ = {};
}

// Frees a place, or turns a mark into one of some standby, whichever that is, with which the next
// one can be joined.
void Session::make_room() {
  std::size_t best = k_max_marks;
  const auto price = [this](std::size_t index) { return price_of_folding(marks_[index]); };
  for (std::size_t index = 0; index < count_; ++index) {
    if (is_of_some_standby(marks_[index]) && !marks_[index].resolved) continue;
    const bool better =
        best == k_max_marks || price(index) < price(best) ||
        (price(index) == price(best) && marks_[index].mark.at < marks_[best].mark.at);
    if (better) best = index;
  }
  fold(best);
}

void Session::fold(std::size_t index) {
  Remembered& what = marks_[index];
  if (what.mark.on_primary && price_of_folding(what) > 0) return lose(index);
  if (what.resolved) {
    raise(what.is_write ? writes_ : reads_, what.position);
    if (!what.shown) unshown_ = std::max(unshown_, what.position.lsn);
    return drop(index);
  }
  const auto joined = std::ranges::find_if(marks(), is_of_some_standby);
  if (joined == marks().end()) {
    what.mark.node = k_no_node;
    what.mark.incarnation = 0;
    return;
  }
  // Whatever had been learned of the earlier instant is learned anew for the later one.
  joined->mark.at = std::max(joined->mark.at, what.mark.at);
  joined->resolved = joined->shown = joined->durable = false;
  drop(index);
}

void Session::drop(std::size_t index) { marks_[index] = marks_[--count_]; }

}  // namespace tidemark::consistency
