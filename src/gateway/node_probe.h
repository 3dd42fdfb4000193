// The monitor's conversation with one node: connect, ask for the facts, sample again and again, and
// after a failure wait a growing pause and start over.
// Thread rule: confined to the monitor's thread.
#pragma once

#include <optional>

#include "gateway/sampling.h"

namespace tidemark::gateway {

// After a failure the next attempt waits this long, twice as long each time, up to the limit.
constexpr Duration k_first_retry = std::chrono::milliseconds(20);
constexpr Duration k_longest_retry = std::chrono::seconds(1);

// However many ask, a node is sampled at most this often.
constexpr Duration k_least_sample_gap = std::chrono::milliseconds(1);

class NodeProbe {
 public:
  NodeProbe(consistency::NodeIndex node, ServerTarget target, Duration interval)
      : node_(node), target_(std::move(target)), interval_(interval) {}

  // Wants a sample sent after this call, as soon as the node is connected.
  void request() { requested_ = true; }

  // Does what is due by now: connects, sends a sample, gives up on one that takes too long. An
  // error says that the node has failed.
  Result<void> tick(Instant now, const topology::Inquiry& inquiry);

  // Takes what has arrived. Nothing: no whole sample yet.
  Result<std::optional<consistency::Sample>> advance(Instant now);

  // When tick() must be called next, at the latest.
  Instant deadline() const;

  int fd() const { return link_.fd(); }
  short wanted_events() const { return link_.wanted_events(); }
  const ServerTarget& target() const { return target_; }

  // Numbers the connections to this node; the present one has the latest number.
  std::uint64_t connection() const { return connection_; }

  // When the sample in flight was sent.
  Instant sent_at() const { return sent_at_; }

 private:
  enum class State { k_down, k_connecting, k_asking_facts, k_ready, k_sampling };

  Result<void> connect(Instant now);
  Result<void> send_sample(Instant now, const topology::Inquiry& inquiry);
  Result<std::optional<consistency::Sample>> take_answer(Instant now);
  std::unexpected<Error> fail_now(Error why, Instant now);

  const consistency::NodeIndex node_;
  const ServerTarget target_;
  const Duration interval_;

  PgLink link_;
  State state_ = State::k_down;
  Instant due_{};  // of the next attempt (k_down), of the next sample (k_ready), of giving up
  Duration pause_ = k_first_retry;
  std::uint64_t connection_ = 0;
  NodeFacts facts_;
  bool is_standby_ = false;             // by the latest sample of this connection
  consistency::Timeline timeline_ = 0;  // the highest one seen on this connection
  bool requested_ = false;
  Instant sent_at_{};
};

}  // namespace tidemark::gateway
