// What a decision costs, and what it costs to remember.
#include <benchmark/benchmark.h>

#include "routing/router.h"
#include "routing/settle.h"
#include "world.h"

namespace tidemark::bench {
namespace {

using consistency::Level;
using consistency::Session;
using routing::Action;
using topology::testing::at;

routing::Request request_at(Level::Kind level) {
  routing::Request request;
  request.promise = consistency::promise_of({.kind = level, .bound = {}});
  return request;
}

// Wrote on the primary and read on two standbys, before the last samples or after them.
Session session_until(int ms) {
  Session session;
  session.note_write(0, 1, at(ms));
  session.note_read(1, 1, at(ms), false);
  session.note_read(2, 1, at(ms), false);
  return session;
}

void decide(benchmark::State& state, Level::Kind level, Session session, Action expected) {
  const auto view = view_of(static_cast<std::size_t>(state.range(0)));
  const std::vector<routing::NodeLoad> loads(view->nodes().size());
  routing::Request request = request_at(level);
  const Instant now = at(k_now_ms);
  if (routing::decide(request, session, *view, loads, now).action != expected) {
    state.SkipWithError("not the decision that was to be measured");
  }
  for (auto _ : state) {
    ++request.rotation;
    benchmark::DoNotOptimize(routing::decide(request, session, *view, loads, now));
  }
}

void decision_eventual(benchmark::State& state) {
  decide(state, Level::Kind::k_eventual, {}, Action::k_serve);
}
void decision_strong(benchmark::State& state) {
  decide(state, Level::Kind::k_strong, {}, Action::k_serve);
}
void decision_session(benchmark::State& state) {
  decide(state, Level::Kind::k_session, session_until(k_now_ms - 100), Action::k_serve);
}
void decision_session_with_pending_marks(benchmark::State& state) {
  decide(state, Level::Kind::k_session, session_until(k_now_ms), Action::k_wait);
}

BENCHMARK(decision_eventual)->Arg(3)->Arg(16)->Arg(64);
BENCHMARK(decision_strong)->Arg(3)->Arg(64);
BENCHMARK(decision_session)->Arg(3)->Arg(16)->Arg(64);
BENCHMARK(decision_session_with_pending_marks)->Arg(3)->Arg(64);

void mark_of_a_write(benchmark::State& state) {
  Session session = session_until(0);
  for (int ms = 0; auto _ : state) {
    session.note_write(0, 1, at(++ms));
    benchmark::DoNotOptimize(session);
  }
}

void mark_of_a_read(benchmark::State& state) {
  Session session = session_until(0);
  for (int ms = 0; auto _ : state) {
    session.note_read(2, 1, at(++ms), false);
    benchmark::DoNotOptimize(session);
  }
}

void mark_of_a_read_of_two_tables(benchmark::State& state) {
  Session session = session_until(0);
  constexpr consistency::TableId k_tables[] = {16'385, 16'390};
  for (int ms = 0; auto _ : state) {
    session.note_read(2, 1, at(++ms), false, {.scope = 1, .ids = k_tables});
    benchmark::DoNotOptimize(session);
  }
}

BENCHMARK(mark_of_a_write);
BENCHMARK(mark_of_a_read);
BENCHMARK(mark_of_a_read_of_two_tables);

void settle(benchmark::State& state, bool is_known) {
  const auto view = view_of(3);
  const Session before = session_until(k_now_ms - 100);
  Session session = before;
  for (auto _ : state) {
    if (!is_known) session = before;
    routing::settle(session, *view);
    benchmark::DoNotOptimize(session);
  }
}

// Includes copying the session.
void settle_three_marks(benchmark::State& state) { settle(state, false); }
void settle_nothing_new(benchmark::State& state) { settle(state, true); }

BENCHMARK(settle_three_marks);
BENCHMARK(settle_nothing_new);

}  // namespace
}  // namespace tidemark::bench
