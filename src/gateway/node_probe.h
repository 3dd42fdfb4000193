// The monitor's conversation with one node: connect, ask for the facts, sample again and again, and
// after a failure wait a growing pause and start over.
//
// A sample of a node nearby is sent when the one before has come back. One of a node far away is
// not: what somebody waits for would otherwise be known after up to two round trips. On one
// connection answers come in the order of the questions, and each speaks for the instant at which
// its own question was sent.
// Thread rule: confined to the monitor's thread.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <string>

#include "gateway/sampling.h"

namespace tidemark::gateway {

// After a failure the next attempt waits this long, twice as long each time, up to the limit.
constexpr Duration k_first_retry = std::chrono::milliseconds(20);
constexpr Duration k_longest_retry = std::chrono::seconds(1);

// However many ask, a node is sampled at most this often.
constexpr Duration k_least_sample_gap = std::chrono::milliseconds(1);

// While nobody has asked the gateway for anything for k_doze_after, regular samples are at least
// k_doze_interval apart.
constexpr Duration k_doze_after = std::chrono::seconds(1);
constexpr Duration k_doze_interval = std::chrono::milliseconds(100);

// A node whose answers take k_far or longer, even the quickest, is asked again before it has
// answered: up to so many questions are under way at once, half of them regular ones.
constexpr Duration k_far = std::chrono::milliseconds(3);
constexpr std::size_t k_max_in_flight = 8;

class NodeProbe {
 public:
  NodeProbe(consistency::NodeIndex node, ServerTarget target, Duration interval)
      : node_(node), target_(std::move(target)), interval_(interval) {}

  // Wants a sample sent at `since` or later, as soon as the node is connected.
  void request(Instant since) { wanted_ = std::max(wanted_, since); }

  // Does what is due by now: connects, sends a sample, gives up on one that takes too long. An
  // error says that the node has failed.
  Result<void> tick(Instant now, const topology::Inquiry& inquiry);

  // Takes what has arrived; call take() until there is nothing more.
  Result<void> advance(Instant now);
  // The oldest whole sample that was not taken. Nothing: there is none yet.
  Result<std::optional<consistency::Sample>> take(Instant now);

  // When tick() must be called next, at the latest.
  Instant deadline() const;

  void set_dozing(bool dozing) { dozing_ = dozing; }

  int fd() const { return link_.fd(); }
  short wanted_events() const { return link_.wanted_events(); }
  const ServerTarget& target() const { return target_; }

  // Numbers the connections to this node; the present one has the latest number.
  std::uint64_t connection() const { return connection_; }

  // When the latest sample of this connection was sent; the earliest instant if none was.
  Instant sent_at() const { return sent_at_; }

 private:
  enum class State { k_down, k_connecting, k_asking_facts, k_ready };

  struct Sent {
    Instant at{};
    Question question = Question::k_anything;
  };

  Result<void> connect(Instant now);
  Result<void> send_sample(Instant now, const topology::Inquiry& inquiry);
  Result<void> take_facts(Instant now);
  void measure(Duration round_trip);
  Instant next_sample() const;
  std::unexpected<Error> fail_now(Error why, Instant now);

  const consistency::NodeIndex node_;
  const ServerTarget target_;
  const Duration interval_;

  PgLink link_;
  State state_ = State::k_down;
  Instant due_{};  // of the next attempt (k_down), of giving up (while connecting and asking facts)
  Duration pause_ = k_first_retry;
  std::uint64_t connection_ = 0;
  NodeFacts facts_;
  bool dozing_ = false;

  // Of the present connection.
  Question question_ = Question::k_anything;
  std::string receiver_;                // of the latest sample taken
  bool is_standby_ = false;             // by the latest sample
  consistency::Timeline timeline_ = 0;  // the highest one seen
  std::deque<Sent> in_flight_;          // oldest first
  Instant sent_at_ = Instant::min();
  Duration distance_{0};  // the quickest answer lately

  Instant wanted_ = Instant::min();
};

}  // namespace tidemark::gateway
