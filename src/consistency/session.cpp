#include "consistency/session.h"

#include <algorithm>
#include <utility>

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

void Session::note_write(NodeIndex node, Incarnation incarnation, Instant at, Tables tables) {
  note({.mark = {node, incarnation, at, true}, .is_write = true}, tables);
}

void Session::note_read(NodeIndex node, Incarnation incarnation, Instant at, bool is_primary,
                        Tables tables) {
  note({.mark = {node, incarnation, at, is_primary}}, tables);
}

void Session::note(Remembered what, Tables tables) {
  what.tables = TableSet(tables);
  what.scope = tables.scope;
  note(what);
}

// A later mark of the same run says all that an earlier one said: what a node shows only grows. So
// the earlier one need not be about the tables of both.
void Session::note(Remembered what) {
  for (std::size_t index = marks_.size(); index-- > 0;) {
    Remembered& known = marks_[index];
    if (!known.same_kind(what)) continue;
    if (known.mark.at >= what.mark.at) {
      what.leave_out(known);
    } else {
      known.leave_out(what);
      if (known.tables.empty()) drop(index);
    }
  }
  if (what.tables.empty()) return;
  while (marks_.size() == k_max_marks) make_room();
  marks_.push_back(what);
}

void Session::merge(const Session& other) {
  const bool same_system = system_ == other.system_ || system_ == 0 || other.system_ == 0;
  const bool comparable =
      same_system && (timeline_ == other.timeline_ || timeline_ == 0 || other.timeline_ == 0);
  if (system_ == 0) system_ = other.system_;
  if (timeline_ == 0) timeline_ = other.timeline_;
  for (Remembered known : other.marks()) {
    // It can be resolved again; a position of another timeline says nothing here.
    if (!comparable) known.resolved = known.durable = known.shown = false;
    note(known);
  }
  const auto take = [&](Frontier& mine, const Frontier& theirs, bool& lost) {
    if (theirs.empty()) return;
    if (comparable) {
      raise(mine, {timeline_, theirs.at(k_origin).lsn});
    } else {
      lost = true;
    }
  };
  lost_writes_ |= other.lost_writes_;
  lost_reads_ |= other.lost_reads_;
  take(writes_, other.writes_, lost_writes_);
  take(reads_, other.reads_, lost_reads_);
  if (comparable) unshown_ = std::max(unshown_, other.unshown_);
}

void Session::require(Timeline timeline, Lsn writes, Lsn reads, bool shown) {
  CHECK(timeline_ == 0 || timeline_ == timeline);
  timeline_ = timeline;
  if (writes != Lsn{}) raise(writes_, {timeline, writes});
  if (reads != Lsn{}) raise(reads_, {timeline, reads});
  if (!shown) unshown_ = std::max(unshown_, reads);
}

void Session::clear() {
  std::vector<Remembered> room = std::move(marks_);
  room.clear();
  *this = Session();
  marks_ = std::move(room);
}

bool Session::empty() const {
  return marks_.empty() && writes_.empty() && reads_.empty() && !lost_writes_ && !lost_reads_;
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

void Session::lose_everything() {
  bool writes = lost_writes_ || !writes_.empty();
  bool reads = lost_reads_ || !reads_.empty();
  for (const Remembered& known : marks()) (known.is_write ? writes : reads) = true;
  clear();
  note_lost(writes, reads);
}

void Session::lose(std::size_t index, Lsn survivors) {
  CHECK(index < marks_.size());
  const bool is_write = marks_[index].is_write;
  (is_write ? lost_writes_ : lost_reads_) = true;
  if (survivors != Lsn{}) raise(is_write ? writes_ : reads_, {timeline_, survivors});
  drop(index);
}

void Session::lose_written_floor(Lsn survivors) {
  lost_writes_ = true;
  writes_.set(k_origin, {timeline_, survivors});
}

// Whichever primary there is next shows what has survived.
void Session::lose_read_floor(Lsn survivors) {
  lost_reads_ = true;
  reads_.set(k_origin, {timeline_, survivors});
  unshown_ = {};
}

// Of the marks of one run and kind, the two oldest become one. What was learned of the later one
// holds for both. False: there are no two that can.
bool Session::join_two(bool may_be_about_any) {
  std::size_t earlier = k_max_marks;
  std::size_t later = k_max_marks;
  Remembered joined;
  for (std::size_t index = 0; index < marks_.size(); ++index) {
    for (std::size_t other = 0; other < marks_.size(); ++other) {
      const Remembered& last = marks_[other];
      if (index == other || !marks_[index].same_kind(last)) continue;
      if (marks_[index].mark.at > last.mark.at) continue;
      if (later != k_max_marks && last.mark.at >= joined.mark.at) continue;
      Remembered both = last;
      both.take_in(marks_[index]);
      if (both.is_about_any() && !last.is_about_any() && !may_be_about_any) continue;
      earlier = index;
      later = other;
      joined = both;
    }
  }
  if (later == k_max_marks) return false;
  marks_[later] = joined;
  drop(earlier);
  return true;
}

// What is known, and nothing can take, is a position as good as any.
bool Session::fold_settled() {
  const auto settled = std::ranges::find_if(
      marks(), [](const Remembered& known) { return price_of_folding(known) == 0; });
  if (settled == marks().end()) return false;
  fold(static_cast<std::size_t>(settled - marks().begin()));
  return true;
}

// Frees a place, or turns a mark into one of some standby, whichever that is, with which the next
// one can be joined.
void Session::make_room() {
  if (join_two(false) || fold_settled() || join_two(true)) return;
  std::size_t best = k_max_marks;
  const auto price = [this](std::size_t index) { return price_of_folding(marks_[index]); };
  for (std::size_t index = 0; index < marks_.size(); ++index) {
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
  if (what.mark.on_primary && price_of_folding(what) > 0) return lose(index, {});
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
  joined->take_in(what);
  drop(index);
}

void Session::drop(std::size_t index) {
  marks_[index] = marks_.back();
  marks_.pop_back();
}

}  // namespace tidemark::consistency
