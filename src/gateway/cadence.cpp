#include "gateway/cadence.h"

#include <algorithm>

namespace tidemark::gateway {

void Cadence::request(Instant since) { wanted_ = std::max(wanted_, since); }

void Cadence::begin() {
  in_flight_ = 0;
  sent_at_ = Instant::min();
  distance_ = Duration(0);
}

void Cadence::sent(Instant at) {
  sent_at_ = at;
  ++in_flight_;
}

// The least of them, forgotten slowly.
void Cadence::answered(Duration round_trip) {
  --in_flight_;
  if (distance_ == Duration(0) || round_trip < distance_) {
    distance_ = round_trip;
  } else {
    distance_ += (round_trip - distance_) / 64;
  }
}

bool Cadence::is_full() const {
  return in_flight_ >= (distance_ >= k_far ? k_max_in_flight : std::size_t{1});
}

// Those of a node far away are spread over its round trip, so that whoever asks finds one of the
// places free soon.
Duration Cadence::spread() const {
  return distance_ >= k_far ? distance_ / static_cast<int>(k_max_in_flight) : Duration(0);
}

Duration Cadence::between_regular_ones() const {
  return std::max(dozing_ ? std::max(interval_, k_doze_interval) : interval_, 2 * spread());
}

Instant Cadence::next() const {
  if (is_full()) return k_never;
  if (sent_at_ == Instant::min()) return sent_at_;
  const Instant regular = sent_at_ + between_regular_ones();
  if (wanted_ <= sent_at_) return regular;
  return std::min(regular, sent_at_ + std::max(k_least_sample_gap, spread()));
}

bool Cadence::may_go_along(Instant now) const {
  if (is_full() || sent_at_ == Instant::min()) return false;
  const Duration between = between_regular_ones();
  return now >= sent_at_ + std::max(k_least_sample_gap, between - between / k_early);
}

}  // namespace tidemark::gateway
