#include "gateway/node_probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"
#include "gateway/log.h"
#include "net/clock.h"

namespace tidemark::gateway {

Result<void> NodeProbe::tick(Instant now, const topology::Inquiry& inquiry) {
  if (state_ == State::k_down) return now >= due_ ? connect(now) : Result<void>();
  const bool overdue = state_ == State::k_ready
                           ? !in_flight_.empty() && now >= in_flight_.front().at + target_.timeout
                           : now >= due_;
  if (overdue) {
    return fail_now({fmt::format("no answer within {}", format_duration(target_.timeout))}, now);
  }
  if (state_ == State::k_ready && now >= next_sample()) return send_sample(now, inquiry);
  return {};
}

Instant NodeProbe::deadline() const {
  if (state_ != State::k_ready) return due_;
  const Instant overdue = in_flight_.empty() ? k_never : in_flight_.front().at + target_.timeout;
  return std::min(overdue, next_sample());
}

// The regular one, or one that was asked for, whichever is first. Those of a node far away are
// spread over its round trip, so that whoever asks finds one of the places free soon.
Instant NodeProbe::next_sample() const {
  if (sent_at_ == Instant::min()) return due_;
  const bool far = distance_ >= k_far;
  const std::size_t places = far ? k_max_in_flight : 1;
  if (in_flight_.size() >= places) return k_never;

  const Duration spread = far ? distance_ / static_cast<int>(places) : Duration(0);
  const Duration interval = dozing_ ? std::max(interval_, k_doze_interval) : interval_;
  Instant next = sent_at_ + std::max(interval, 2 * spread);
  if (wanted_ > sent_at_) next = std::min(next, sent_at_ + std::max(k_least_sample_gap, spread));
  return next;
}

Result<void> NodeProbe::connect(Instant now) {
  if (auto begun = link_.connect(target_); !begun) return fail_now(begun.error(), now);
  ++connection_;
  question_ = Question::k_anything;
  receiver_.clear();
  is_standby_ = false;
  timeline_ = 0;
  distance_ = Duration(0);
  state_ = State::k_connecting;
  due_ = now + target_.timeout;
  return {};
}

Result<void> NodeProbe::send_sample(Instant now, const topology::Inquiry& inquiry) {
  const auto sample = sample_of(facts_, question_, is_standby_ ? inquiry : topology::Inquiry{});
  // Read afresh: whatever was answered to anyone before this moment is covered by the sample.
  sent_at_ = net::now();
  if (auto sent = link_.send_prepared(sample); !sent) return fail_now(sent.error(), now);
  in_flight_.push_back({.at = sent_at_, .question = question_});
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
    auto seen = read_sample(link_.take_results(), facts_, sent.question, receiver_);
    if (!seen) return fail_now(seen.error(), now);
    question_ = seen->next;
    receiver_ = std::move(seen->receiver);
    if (!seen->sample) {
      // It has been promoted, or its WAL receiver is gone.
      wanted_ = net::now();
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
    sample.received_at = net::now();
    measure(sample.received_at - sample.sent_at);
    pause_ = k_first_retry;
    return std::move(sample);
  }
  return std::nullopt;
}

// The least of them, forgotten slowly.
void NodeProbe::measure(Duration round_trip) {
  if (distance_ == Duration(0) || round_trip < distance_) {
    distance_ = round_trip;
  } else {
    distance_ += (round_trip - distance_) / 64;
  }
}

std::unexpected<Error> NodeProbe::fail_now(Error why, Instant now) {
  link_.close();
  in_flight_.clear();
  sent_at_ = Instant::min();
  state_ = State::k_down;
  due_ = now + pause_;
  pause_ = std::min(2 * pause_, k_longest_retry);
  return std::unexpected(std::move(why));
}

}  // namespace tidemark::gateway
