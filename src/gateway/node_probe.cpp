#include "gateway/node_probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.h"
#include "net/clock.h"

namespace tidemark::gateway {

Result<void> NodeProbe::tick(Instant now, const topology::Inquiry& inquiry) {
  switch (state_) {
    case State::k_down:
      if (now >= due_) return connect(now);
      return {};
    case State::k_ready:
      if (now >= deadline()) return send_sample(now, inquiry);
      return {};
    case State::k_connecting:
    case State::k_asking_facts:
    case State::k_sampling:
      if (now < due_) return {};
      return fail_now({fmt::format("no answer within {}", format_duration(target_.timeout))}, now);
  }
  return {};
}

Instant NodeProbe::deadline() const {
  if (state_ != State::k_ready || !requested_) return due_;
  return std::min(due_, sent_at_ + k_least_sample_gap);
}

Result<void> NodeProbe::connect(Instant now) {
  if (auto begun = link_.connect(target_); !begun) return fail_now(begun.error(), now);
  ++connection_;
  is_standby_ = false;
  timeline_ = 0;
  state_ = State::k_connecting;
  due_ = now + target_.timeout;
  return {};
}

Result<void> NodeProbe::send_sample(Instant now, const topology::Inquiry& inquiry) {
  requested_ = false;
  // Read afresh: whatever was answered to anyone before this moment is covered by the sample.
  sent_at_ = net::now();
  const auto sample = sample_of(facts_, is_standby_ ? inquiry : topology::Inquiry{});
  if (auto sent = link_.send_prepared(sample); !sent) return fail_now(sent.error(), now);
  state_ = State::k_sampling;
  due_ = now + target_.timeout;
  return {};
}

Result<std::optional<consistency::Sample>> NodeProbe::advance(Instant now) {
  const auto progress = link_.advance();
  if (!progress) return fail_now(progress.error(), now);
  switch (*progress) {
    case PgLink::Progress::k_none:
      return std::nullopt;
    case PgLink::Progress::k_connected:
      if (auto sent = link_.send(facts_sql()); !sent) return fail_now(sent.error(), now);
      state_ = State::k_asking_facts;
      return std::nullopt;
    case PgLink::Progress::k_answered:
      return take_answer(now);
  }
  return std::nullopt;
}

Result<std::optional<consistency::Sample>> NodeProbe::take_answer(Instant now) {
  const std::vector<PgResult> answer = link_.take_results();
  if (state_ == State::k_asking_facts) {
    auto facts = read_facts(answer);
    if (!facts) return fail_now(facts.error(), now);
    facts_ = *facts;
    state_ = State::k_ready;
    due_ = now;
    return std::nullopt;
  }
  auto sample = read_sample(answer, facts_);
  if (!sample) return fail_now(sample.error(), now);
  // A standby that has lost its WAL receiver may name an older timeline than before.
  timeline_ = std::max(timeline_, sample->timeline);
  is_standby_ = sample->role == consistency::Role::k_standby;
  sample->node = node_;
  sample->connection = connection_;
  sample->timeline = timeline_;
  sample->sent_at = sent_at_;
  sample->received_at = net::now();
  state_ = State::k_ready;
  due_ = sent_at_ + interval_;
  pause_ = k_first_retry;
  return std::move(*sample);
}

std::unexpected<Error> NodeProbe::fail_now(Error why, Instant now) {
  link_.close();
  state_ = State::k_down;
  due_ = now + pause_;
  pause_ = std::min(2 * pause_, k_longest_retry);
  return std::unexpected(std::move(why));
}

}  // namespace tidemark::gateway
