#include "consistency/promise.h"

#include <algorithm>

#include "base/check.h"
#include "base/duration.h"

namespace tidemark::consistency {
namespace {

// What is promised to a session, without a bound.
std::string name_of_session_part(const Promise& promise) {
  if (promise.strong) return "strong";
  if (promise.across_tables) return "causal";
  if (promise.writes && promise.reads) return "session";
  if (promise.writes) return "read_your_writes";
  if (promise.reads) return "monotonic_reads";
  return {};
}

// Strong contains all the others; causal is of no use without marks to apply it to.
Promise canonical(Promise promise) {
  if (promise.strong) {
    promise.writes = promise.reads = promise.across_tables = true;
    promise.bound = Duration::max();
  }
  return promise;
}

}  // namespace

Promise promise_of(const Level& level) {
  switch (level.kind) {
    case Level::Kind::k_eventual:
      return {};
    case Level::Kind::k_monotonic_reads:
      return {.reads = true};
    case Level::Kind::k_read_your_writes:
      return {.writes = true};
    case Level::Kind::k_session:
      return {.writes = true, .reads = true};
    case Level::Kind::k_causal:
      return {.writes = true, .reads = true, .across_tables = true};
    case Level::Kind::k_bounded:
      return {.bound = level.bound};
    case Level::Kind::k_strong:
      return canonical({.strong = true});
    case Level::Kind::k_policy:
      break;
  }
  CHECK(!"a level that promises something by itself");
  return {};
}

Promise merge(const Promise& one, const Promise& other) {
  return canonical({.writes = one.writes || other.writes,
                    .reads = one.reads || other.reads,
                    .across_tables = one.across_tables || other.across_tables,
                    .strong = one.strong || other.strong,
                    .bound = std::min(one.bound, other.bound)});
}

bool implies(const Promise& one, const Promise& other) {
  return merge(one, other) == canonical(one);
}

std::string to_string(const Promise& promise) {
  std::string text = name_of_session_part(promise);
  if (promise.is_bounded() && !promise.strong) {
    if (!text.empty()) text += "+";
    text += "bounded(" + format_duration(promise.bound) + ")";
  }
  return text.empty() ? "eventual" : text;
}

}  // namespace tidemark::consistency
