// Whether what a client sends behind a unit may go where that unit went.
#include <algorithm>
#include <utility>

#include "session/client.h"
#include "wire/client_messages.h"

namespace tidemark::session {

// On a standby, behind a unit that is not answered yet: whether the next may follow it there.
bool Client::may_go_on(std::string_view bytes) {
  Unit unit = look_at_unit(bytes);
  if (unit.size == 0) return false;
  // What its own decision would look at must be what was looked at then. Under a key other
  // connections may have written since.
  const Concern& concern = unit.need.concern;
  const Concern& decided = work_->unit.need.concern;
  const bool reads_on = unit.complete && !unit.local && unit.need.why_primary == nullptr &&
                        !unit.need.refusal().has_value() && work_->replay.bytes.empty() &&
                        !unit.need.hints().any() && !work_->unit.need.hints().any() &&
                        decided.touched.contains(concern.touched) &&
                        concern.ruling == decided.ruling && work_->alternatives.empty() &&
                        session_key_.empty() && own_.session().empty() &&
                        !work_->request.promise.strong && !work_->request.promise.is_bounded();
  if (!reads_on) {
    work_->batch.clear();
    waits_for_quiet_ = !server_->replies().empty();
    if (!waits_for_quiet_ && server_->idle() && !unsynced_) settle_or_release();
    return false;
  }
  admitted_ = unit.size;
  return true;
}

// On the primary, behind a unit that is not answered yet, or whenever the client is pinned: whether
// the next may follow it there. Behind a unit nothing else decides on it. Where a pinned client has
// all its answers, the router is asked as ever, for whatever may have been read on standbys since
// under its key; only that there is no choice of nodes.
bool Client::may_follow(std::string_view bytes) {
  Unit unit = look_at_unit(bytes);
  if (unit.size == 0) return false;
  const bool quiet = server_->replies().empty();
  const bool stays = quiet && pin_ != sql::Pin::k_none;
  // A token is none before what it is to cover is answered.
  const bool goes_on = unit.local ? !unit.need.shows_token : may_follow_unanswered(unit);
  if (!stays && !goes_on) {
    work_->batch.clear();
    waits_for_quiet_ = !quiet;
    if (quiet && server_->idle()) settle_or_release();
    return false;
  }
  admitted_ = unit.size;
  work_->unit = std::move(unit);
  if (!stays) return true;
  session_key_ = work_->unit.need.hints().session.value_or(own_.session());
  if (!work_->unit.need.refusal().has_value() && !work_->unit.need.hints().token.empty()) {
    const auto token = take_token(work_->unit.need.hints().token);
    if (!token.has_value()) work_->unit.need.extra().refusal = token.error();
  }
  if (work_->unit.need.refusal().has_value()) {
    admitted_ = 0;
    refuse_unit(*work_->unit.need.refusal());
    return false;
  }
  if (work_->unit.local || (!work_->unit.need.touches_data && !work_->unit.need.begins))
    return true;
  admitted_ = 0;
  make_request();
  actions_.route = true;
  phase_ = Phase::k_routing;
  return false;
}

// What its own decision would look at must be what was looked at then.
bool Client::may_follow_unanswered(const Unit& unit) const {
  const Need& need = unit.need;
  if (need.refusal().has_value() || need.hints().any() || work_->unit.need.hints().any() ||
      !need.affected_database().empty() || !tokens_.empty() || session_key_ != own_.session()) {
    return false;
  }
  if (need.begins) return is_barrier_open() && reader_->scope().empty();
  if (!need.touches_data) return true;
  const routing::Request next = request_for(need);
  const bool reads = need.why_primary == nullptr;
  if (next.from_standbys || (reads && !next.sources.any_primary())) return false;
  return is_barrier_open() || (consistency::implies(last_route_->promise, next.promise) &&
                               work_->unit.need.concern.touched.contains(need.concern.touched));
}

// Whether the primary shows all that the session has read, of whatever table.
bool Client::is_barrier_open() const {
  const auto is_hidden = [](const consistency::Remembered& known) {
    return !known.mark.on_primary && !known.shown;
  };
  return session_key_.empty() && session_.unshown() == consistency::Lsn{} &&
         std::ranges::none_of(session_.marks(), is_hidden);
}

// Whether the gateway may answer for itself within a batch; `first`: the batch begins with that.
// Whether the transaction has failed, or is over, the units before it tell: they are answered
// first.
bool Client::may_answer_in_batch(bool first) {
  if (!server_->replies().owes_ready()) return true;
  waits_for_quiet_ = true;
  if (first) {
    unsynced_ = false;
  } else {
    std::string flush;
    wire::append_flush(flush);
    server_->send(flush);
  }
  return false;
}

}  // namespace tidemark::session
