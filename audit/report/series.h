// Series: a run over time, in so few points that a page can hold them whatever the run's length.
#pragma once

#include <cstdint>
#include <vector>

#include "audit/report/summary.h"

namespace tidemark::audit {

constexpr std::size_t k_most_buckets = 240;

// How long each bucket is, so that at most k_most_buckets cover `length`: 1, 2 or 5 times a power
// of ten, at least a millisecond.
Duration bucket_length(Duration length);

// What happened in one stretch of time.
struct Bucket {
  Latency behind;  // staleness of the row reads that began in it
  Latency reads;   // latency of the operations that ended in it
  Latency writes;
  Share served;                           // who served these reads
  std::vector<std::uint64_t> violations;  // of each guarantee, in the order of the enumerators
};

// How long the operations of one kind took: for each of k_quantiles, so long or less; only as far
// as there are enough of them to say so.
struct Curve {
  Action action{};
  std::vector<Duration> at;
};

// Out of 100,000.
constexpr std::array<std::uint32_t, 15> k_quantiles = {0,      20'000, 40'000, 50'000, 60'000,
                                                       70'000, 80'000, 90'000, 95'000, 98'000,
                                                       99'000, 99'500, 99'900, 99'950, 99'990};

struct Series {
  Duration step{0};
  std::vector<Bucket> buckets;  // the first one begins with the run, the last ends with it
  Duration last_step{0};        // as long as the last one is, less than two steps
  std::vector<Curve> curves;    // of the actions that occurred
};

Series series_of(const History& history, const Findings& findings);

}  // namespace tidemark::audit
