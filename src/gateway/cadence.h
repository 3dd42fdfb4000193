// Cadence: when a node is to be sampled next.
//
// A sample of a node nearby is sent when the one before has come back. One of a node far away is
// not: what somebody waits for would otherwise be known after up to two round trips. On one
// connection answers come in the order of the questions, and each speaks for the instant at which
// its own question was sent.
// Thread rule: confined to the monitor's thread. Pure.
#pragma once

#include <chrono>
#include <cstddef>

#include "base/instant.h"

namespace tidemark::gateway {

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

// A regular sample goes this part of its interval early if another node's goes now: to be woken
// costs more than a sample, and nodes that were once sampled together stay together.
constexpr int k_early = 4;

class Cadence {
 public:
  explicit Cadence(Duration interval) : interval_(interval) {}

  void set_dozing(bool dozing) { dozing_ = dozing; }

  // Wants a sample sent at `since` or later, as soon as there can be one.
  void request(Instant since);

  // A new connection: nothing was sent, and how far away the node is is not known.
  void begin();
  void sent(Instant at);
  void answered(Duration round_trip);

  // The regular one, or one that was asked for, whichever is first.
  Instant next() const;

  // Whether a sample may go now because another node's does.
  bool may_go_along(Instant now) const;

  // When the latest sample of this connection was sent; the earliest instant if none was.
  Instant sent_at() const { return sent_at_; }

 private:
  bool is_full() const;
  Duration spread() const;
  Duration between_regular_ones() const;

  const Duration interval_;
  bool dozing_ = false;
  std::size_t in_flight_ = 0;
  Instant sent_at_ = Instant::min();
  Instant wanted_ = Instant::min();
  Duration distance_{0};  // the quickest answer lately
};

}  // namespace tidemark::gateway
