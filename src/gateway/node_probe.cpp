#include "gateway/node_probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"
#include "gateway/log.h"
#include "net/clock.h"

namespace tidemark::gateway {

bool NodeProbe::is_sample_due(Instant now) const {
  return state_ == State::k_ready && now >= cadence_.next();
}

bool NodeProbe::may_go_along(Instant now) const {
  return state_ == State::k_ready && cadence_.may_go_along(now);
}

Result<void> NodeProbe::tick(Instant now, const topology::Inquiry& inquiry, bool along) {
  if (state_ == State::k_down) return now >= due_ ? connect(now) : Result<void>();
  const bool overdue = state_ == State::k_ready
                           ? !in_flight_.empty() && now >= in_flight_.front().at + target_.timeout
                           : now >= due_;
  if (overdue) {
    return fail_now({fmt::format("no answer within {}", format_duration(target_.timeout))}, now);
  }
  if (is_sample_due(now) || (along && may_go_along(now))) return send_sample(now, inquiry);
  return {};
}

Instant NodeProbe::deadline() const {
  if (state_ != State::k_ready) return due_;
  const Instant overdue = in_flight_.empty() ? k_never : in_flight_.front().at + target_.timeout;
  return std::min(overdue, cadence_.next());
}

Result<void> NodeProbe::connect(Instant now) {
  if (auto begun = link_.connect(target_); !begun) return fail_now(begun.error(), now);
  ++connection_;
  question_ = Question::k_anything;
  receiver_.clear();
  is_standby_ = false;
  timeline_ = 0;
  cadence_.begin();
  state_ = State::k_connecting;
  due_ = now + target_.timeout;
  return {};
}

Result<void> NodeProbe::send_sample(Instant now, const topology::Inquiry& inquiry) {
  const auto sample = sample_of(facts_, question_, is_standby_ ? inquiry : topology::Inquiry{});
  // Read afresh: whatever was answered to anyone before this moment is covered by the sample.
  const Instant at = net::now();
  if (auto sent = link_.send_prepared(sample); !sent) return fail_now(sent.error(), now);
  cadence_.sent(at);
  in_flight_.push_back({.at = at, .question = question_});
  return {};
}

Result<void> NodeProbe::advance(Instant now) {
  const auto progress = link_.advance();
  if (!progress) return fail_now(progress.error(), now);
  if (*progress == PgLink::Progress::k_connected) {
    if (auto sent = link_.send(facts_sql()); !sent) return fail_now(sent.error(), now);
    state_ = State::k_asking_facts;
  } else if (*progress == PgLink::Progress::k_answered && state_ == State::k_asking_facts) {
    return take_facts(now);
  }
  return {};
}

Result<void> NodeProbe::take_facts(Instant now) {
  auto facts = read_facts(link_.take_results());
  if (!facts) return fail_now(facts.error(), now);
  facts_ = *facts;
  // Who is not shown the checkpointer cannot tell one run of the server from the next.
  if (facts_.checkpointer_started_us == 0) {
    log_warning("monitor_lacks_rights",
                {{"node", target_.address}, {"user", target_.user}, {"wanted", "pg_monitor"}});
  }
  state_ = State::k_ready;
  due_ = now;
  return {};
}

Result<std::optional<consistency::Sample>> NodeProbe::take(Instant now) {
  while (state_ == State::k_ready && link_.has_answer()) {
    const Sent sent = in_flight_.front();
    in_flight_.pop_front();
    const Instant received_at = net::now();
    cadence_.answered(received_at - sent.at);
    auto seen = read_sample(link_.take_results(), facts_, sent.question, receiver_);
    if (!seen) return fail_now(seen.error(), now);
    question_ = seen->next;
    receiver_ = std::move(seen->receiver);
    if (!seen->sample) {
      // It has been promoted, or its WAL receiver is gone.
      cadence_.request(net::now());
      continue;
    }
    consistency::Sample& sample = *seen->sample;
    // A standby that has lost its WAL receiver may name an older timeline than before.
    timeline_ = std::max(timeline_, sample.timeline);
    is_standby_ = sample.role == consistency::Role::k_standby;
    sample.node = node_;
    sample.connection = connection_;
    sample.timeline = timeline_;
    sample.sent_at = sent.at;
    sample.received_at = received_at;
    pause_ = k_first_retry;
    return std::move(sample);
  }
  return std::nullopt;
}

std::unexpected<Error> NodeProbe::fail_now(Error why, Instant now) {
  link_.close();
  in_flight_.clear();
  cadence_.begin();
  state_ = State::k_down;
  due_ = now + pause_;
  pause_ = std::min(2 * pause_, k_longest_retry);
  return std::unexpected(std::move(why));
}

}  // namespace tidemark::gateway
