// Frontier: a version vector, origin -> position. What a node has applied, or what a session
// requires.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "consistency/history.h"

namespace tidemark::consistency {

// An origin's place in the configuration, from 0.
using OriginIndex = std::uint32_t;

// How many origins can be joined.
constexpr std::size_t k_max_origins = 8;

// The histories of the origins, by OriginIndex. An origin past the end has none known.
using Histories = std::span<const History>;

// The least position that covers both, on one line of descent. Positions on branches that have
// parted have none: then `lost` is set, and the position is the one on the later timeline.
struct Join {
  Position position{};
  bool lost = false;
};
Join join(const History& history, Position one, Position other);

// There are as many frontiers as there are sessions, and where there is one origin nothing but its
// position is kept. The first word about another one allocates.
class Frontier {
 public:
  // Requires nothing; has nothing.
  Frontier() = default;
  Frontier(const Frontier& other);
  Frontier(Frontier&&) = default;
  Frontier& operator=(const Frontier& other);
  Frontier& operator=(Frontier&&) = default;
  ~Frontier() = default;

  // Zero Lsn for an origin it says nothing about. REQUIRES: origin < k_max_origins.
  Position at(OriginIndex origin) const;

  // REQUIRES: origin < k_max_origins.
  void set(OriginIndex origin, Position position);

  bool empty() const;

  // Bytes that it holds besides sizeof(Frontier).
  std::size_t bytes_outside() const { return others_ == nullptr ? 0 : sizeof(Others); }

  // Raises this to the least frontier that covers both. False if there is none for some origin (its
  // two positions lie on branches that have parted); the position is then that of the later
  // timeline.
  bool merge(const Frontier& other, Histories histories);
  bool merge(OriginIndex origin, Position position, const History& history);

  // Whether this covers `need` in every origin: k_never if it never will in some, otherwise
  // k_not_yet if it does not yet in some. Where `need` is silent everything covers it.
  Cover covers(const Frontier& need, Histories histories) const;

  friend bool operator==(const Frontier& one, const Frontier& other);

 private:
  using Others = std::array<Position, k_max_origins - 1>;

  Position first_{};
  std::unique_ptr<Others> others_;  // of the origins from 1 on; null: nothing is said of any
};

}  // namespace tidemark::consistency
