// A million sessions by key: what one of them costs to find, to look through, and to keep.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <string>

#include "base/check.h"
#include "base/random.h"
#include "gateway/session_registry.h"
#include "world.h"

namespace tidemark::bench {
namespace {

using consistency::Session;
using gateway::SessionRegistry;
using topology::testing::at;

constexpr std::size_t k_sessions = 1'000'000;

std::string key_of(std::uint64_t number) { return "user:" + std::to_string(number); }

std::size_t bytes_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Each session has written and read, and no standby has what it wrote.
struct Million {
  Million() {
    const std::size_t before = bytes_in_use();
    registry.sweep(*view, 0);
    for (std::uint64_t number = 0; number < k_sessions; ++number) {
      const auto noted = registry.with(key_of(number), [](Session& session) {
        session.note_write(0, 1, at(k_now_ms - 100));
        session.note_read(1, 1, at(k_now_ms - 100), false);
      });
      CHECK(noted.has_value());
    }
    bytes_each = static_cast<double>(bytes_in_use() - before) / k_sessions;
  }

  std::shared_ptr<const topology::ClusterView> view = view_of(3, false);
  SessionRegistry registry{2 * k_sessions};
  double bytes_each = 0;
};

Million& million() {
  static Million made;
  return made;
}

void registry_lookup(benchmark::State& state) {
  Million& all = million();
  Random random(1);
  for (auto _ : state) {
    const auto count = all.registry.with(key_of(random.below(k_sessions)),
                                         [](Session& session) { return session.marks().size(); });
    benchmark::DoNotOptimize(count);
  }
  state.counters["sizeof_session"] = sizeof(Session);
  state.counters["bytes_each"] = all.bytes_each;
  state.counters["bytes_each_told"] =
      static_cast<double>(all.registry.stats().bytes) / static_cast<double>(k_sessions);
}

// Of sessions that stay; per session.
void registry_sweep(benchmark::State& state) {
  Million& all = million();
  constexpr std::size_t k_budget = 1000;
  for (auto _ : state) benchmark::DoNotOptimize(all.registry.sweep(*all.view, k_budget));
  CHECK(all.registry.stats().sessions == k_sessions);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(k_budget));
}

// A key that is not known begins at the horizon, and is forgotten again.
void registry_come_and_go(benchmark::State& state) {
  SessionRegistry registry(k_sessions);
  const auto view = view_of(3);
  registry.sweep(*view, 0);
  constexpr std::uint64_t k_keys = 1000;
  for (auto _ : state) {
    for (std::uint64_t number = 0; number < k_keys; ++number) {
      benchmark::DoNotOptimize(registry.with(key_of(number), [](Session&) {}));
    }
    while (registry.stats().sessions > 0) registry.sweep(*view, k_keys);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(k_keys));
}

// As many as state.range(0) sessions stay, as their marks are newer than every sample; others come,
// and are forgotten by a sweep that gets round to them. Each turn is a statement of one that stays,
// a key that is new, and its part of a sweep.
void registry_churn(benchmark::State& state) {
  const auto staying = static_cast<std::uint64_t>(state.range(0));
  constexpr std::size_t k_budget = 8;
  SessionRegistry registry(2 * staying);
  const auto view = view_of(3);
  registry.sweep(*view, 0);
  const auto note = [](Session& session) {
    session.note_write(0, 1, at(k_now_ms + 1));
    session.note_read(1, 1, at(k_now_ms + 1), false);
  };
  for (std::uint64_t number = 0; number < staying; ++number) {
    CHECK(registry.with(key_of(number), note).has_value());
  }
  Random random(1);
  for (std::uint64_t next = staying; auto _ : state) {
    CHECK(registry.with(key_of(random.below(staying)), note).has_value());
    CHECK(registry.with(key_of(next++), [](Session&) {}).has_value());
    benchmark::DoNotOptimize(registry.sweep(*view, k_budget));
  }
  CHECK(registry.stats().sessions >= staying);
}

BENCHMARK(registry_churn)->Arg(1000)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(registry_lookup);
BENCHMARK(registry_sweep);
BENCHMARK(registry_come_and_go);

}  // namespace
}  // namespace tidemark::bench
