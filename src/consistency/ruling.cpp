#include "consistency/ruling.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace tidemark::consistency {
namespace {

template <class Value, class Combine>
std::optional<Value> both(const std::optional<Value>& one, const std::optional<Value>& other,
                          Combine combine) {
  if (!one || !other) return one ? one : other;
  return combine(*one, *other);
}

Otherwise stricter(Otherwise one, Otherwise other) { return std::max(one, other); }
Duration shorter(Duration one, Duration other) { return std::min(one, other); }

// What is promised for all that the statement reads, whatever the rules say; none: they alone say.
std::optional<Promise> general_promise(const Ruling& ruling, const std::optional<Level>& asked,
                                       const Level& fallback) {
  CHECK(fallback.kind != Level::Kind::k_policy);
  if (asked && asked->kind != Level::Kind::k_policy) return promise_of(*asked);
  if (ruling.read && !ruling.read_by_default) return std::nullopt;
  return promise_of(fallback);
}

}  // namespace

const char* to_string(Durability durability) {
  constexpr std::array k_words = {"unset", "off", "local", "remote_write", "on", "remote_apply"};
  return k_words.at(static_cast<std::size_t>(durability));
}

const char* to_string(Otherwise otherwise) {
  constexpr std::array k_words = {"primary", "wait", "refuse"};
  return k_words.at(static_cast<std::size_t>(otherwise));
}

Ruling merge(const Ruling& one, const Ruling& other) {
  const auto stronger = [](const Promise& a, const Promise& b) { return merge(a, b); };
  return {.read = both(one.read, other.read, stronger),
          .write = std::max(one.write, other.write),
          .sources = intersect(one.sources, other.sources),
          .otherwise = both(one.otherwise, other.otherwise, stricter),
          .wait = both(one.wait, other.wait, shorter),
          .read_by_default = one.read_by_default || other.read_by_default,
          .write_by_default = one.write_by_default || other.write_by_default,
          .otherwise_by_default = one.otherwise_by_default || other.otherwise_by_default,
          .wait_by_default = one.wait_by_default || other.wait_by_default,
          .strong_on_standbys = one.strong_on_standbys || other.strong_on_standbys,
          .strong_on_primary = one.strong_on_primary || other.strong_on_primary,
          .rules = one.rules | other.rules};
}

Promise effective(const Ruling& ruling, const std::optional<Level>& asked, const Level& fallback) {
  const auto general = general_promise(ruling, asked, fallback);
  if (!general) return *ruling.read;
  return ruling.read ? merge(*general, *ruling.read) : *general;
}

Sources effective_sources(const Ruling& ruling, const std::optional<Level>& asked,
                          const Level& fallback) {
  // A rule that says strong says from where, too. What is strong for another reason goes where the
  // strong reads of its tables go.
  const auto general = general_promise(ruling, asked, fallback);
  if (!general || !general->strong) return ruling.sources;
  if (!ruling.strong_on_standbys) return intersect(ruling.sources, k_primary_only);
  return ruling.strong_on_primary ? k_no_source : intersect(ruling.sources, k_standbys_only);
}

Otherwise effective_otherwise(const Ruling& ruling, Otherwise fallback) {
  if (!ruling.otherwise) return fallback;
  return ruling.otherwise_by_default ? stricter(*ruling.otherwise, fallback) : *ruling.otherwise;
}

Duration effective_wait(const Ruling& ruling, Duration fallback) {
  if (!ruling.wait) return fallback;
  return ruling.wait_by_default ? shorter(*ruling.wait, fallback) : *ruling.wait;
}

}  // namespace tidemark::consistency
