// The monitor's conversation with one node: connect, ask for the facts, sample again and again, and
// after a failure wait a growing pause and start over.
// Thread rule: confined to the monitor's thread.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "gateway/cadence.h"
#include "gateway/sampling.h"

namespace tidemark::gateway {

// After a failure the next attempt waits this long, twice as long each time, up to the limit.
constexpr Duration k_first_retry = std::chrono::milliseconds(20);
constexpr Duration k_longest_retry = std::chrono::seconds(1);

class NodeProbe {
 public:
  NodeProbe(consistency::NodeIndex node, ServerTarget target, Duration interval)
      : node_(node), target_(std::move(target)), cadence_(interval) {}

  // Wants a sample sent at `since` or later, as soon as the node is connected.
  void request(Instant since) { cadence_.request(since); }

  // Whether tick() sends a sample now, and whether it may as well, because another node's is sent.
  bool is_sample_due(Instant now) const;
  bool may_go_along(Instant now) const;

  // Does what is due by now: connects, sends a sample (also one that may go `along`), gives up on
  // one that takes too long. An error says that the node has failed.
  Result<void> tick(Instant now, const topology::Inquiry& inquiry, bool along = false);

  // Takes what has arrived; call take() until there is nothing more.
  Result<void> advance(Instant now);
  // The oldest whole sample that was not taken. Nothing: there is none yet.
  Result<std::optional<consistency::Sample>> take(Instant now);

  // When tick() must be called next, at the latest.
  Instant deadline() const;

  void set_dozing(bool dozing) { cadence_.set_dozing(dozing); }

  int fd() const { return link_.fd(); }
  short wanted_events() const { return link_.wanted_events(); }
  const ServerTarget& target() const { return target_; }

  // Numbers the connections to this node; the present one has the latest number.
  std::uint64_t connection() const { return connection_; }

  // When the latest sample of this connection was sent; the earliest instant if none was.
  Instant sent_at() const { return cadence_.sent_at(); }

 private:
  enum class State { k_down, k_connecting, k_asking_facts, k_ready };

  struct Sent {
    Instant at{};
    Question question = Question::k_anything;
  };

  Result<void> connect(Instant now);
  Result<void> send_sample(Instant now, const topology::Inquiry& inquiry);
  Result<void> take_facts(Instant now);
  std::unexpected<Error> fail_now(Error why, Instant now);

  const consistency::NodeIndex node_;
  const ServerTarget target_;

  PgLink link_;
  State state_ = State::k_down;
  Instant due_{};  // of the next attempt (k_down), of giving up (while connecting and asking facts)
  Duration pause_ = k_first_retry;
  std::uint64_t connection_ = 0;
  NodeFacts facts_;

  // Of the present connection.
  Question question_ = Question::k_anything;
  std::string receiver_;                // of the latest sample taken
  bool is_standby_ = false;             // by the latest sample
  consistency::Timeline timeline_ = 0;  // the highest one seen
  std::deque<Sent> in_flight_;          // oldest first
  Cadence cadence_;
};

}  // namespace tidemark::gateway
