// Random numbers that a seed repeats exactly, on every platform: for simulations, load and
// back-off, never for secrets.
#pragma once

#include <cstdint>

#include "base/check.h"

namespace tidemark {

// Steele, Lea and Flood: "Fast splittable pseudorandom number generators" (SplitMix64).
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
    return mixed ^ mixed >> 31;
  }

  // One of 0 to limit - 1; for small limits all are equally likely, as near as makes no difference.
  // REQUIRES: limit > 0.
  std::uint64_t below(std::uint64_t limit) {
    CHECK(limit > 0);
    return next() % limit;
  }

  // Whether something of this probability (0 to 1) happens.
  bool chance(double probability) {
    constexpr double k_unit = 1.0 / (std::uint64_t{1} << 53);
    return static_cast<double>(next() >> 11) * k_unit < probability;
  }

 private:
  std::uint64_t state_;
};

}  // namespace tidemark
