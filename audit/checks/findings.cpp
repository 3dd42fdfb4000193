#include "audit/checks/findings.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tidemark::audit {
namespace {

using Kind = consistency::Level::Kind;

struct Entry {
  std::string_view title;
  std::string_view name;
  std::string_view definition;
  std::string_view source;
};

constexpr std::string_view k_terry =
    "Terry et al., Session Guarantees for Weakly Consistent Replicated Data, 1994";

constexpr std::array<Entry, k_guarantees> k_entries{{
    {"read your writes", "read_your_writes",
     "A read of a row shows every write to it that the same session had been told was done.",
     k_terry},
    {"monotonic reads", "monotonic_reads",
     "A read of a row never shows less of it than an earlier operation of the same session saw.",
     k_terry},
    {"monotonic writes", "monotonic_writes",
     "A snapshot that shows a session's write shows what that session had written before it.",
     k_terry},
    {"writes follow reads", "writes_follow_reads",
     "A snapshot that shows a session's write shows what that session had seen before it.",
     k_terry},
    {"causal", "causal",
     "A read shows every write that it could know of: through its session's operations, the "
     "writers "
     "of what was read or overwritten, and messages between sessions, one behind another.",
     "Ahamad et al., Causal Memory, 1995"},
    {"consistent prefix", "consistent_prefix",
     "There is one order of all transactions that wrote, such that every snapshot shows those up "
     "to "
     "some point of it and none behind.",
     "Terry, Replicated Data Consistency Explained Through Baseball, 2013; found as cycles: Adya, "
     "Weak Consistency, 1999, and Kingsbury and Alvaro, Elle, 2020"},
    {"no long fork", "no_long_fork",
     "No two snapshots of the same two rows show two transactions' writes in opposite orders.",
     "Sovran et al., Transactional Storage for Geo-Replicated Systems, 2011; Crooks et al., Seeing "
     "is Believing, 2017"},
    {"no fractured reads", "no_fractured_reads",
     "A snapshot that shows a transaction's write of one row misses none of its other rows.",
     "Bailis et al., Highly Available Transactions, 2013 (item cut isolation, atomic visibility)"},
    {"linearizable", "linearizable",
     "Each row by itself behaves like a single copy: every operation takes effect at one instant "
     "between its start and its end.",
     "Herlihy and Wing, Linearizability, 1990"},
    {"bounded staleness", "bounded",
     "A read misses nothing that had been acknowledged longer than the bound before it began.",
     "Terry, Replicated Data Consistency Explained Through Baseball, 2013"},
    {"no lost writes", "no_lost_writes",
     "Every acknowledged write is in its row's history when all have stopped.",
     "durability, as PostgreSQL promises it of one server"},
    {"no lost updates", "no_lost_updates",
     "No two writes make the same version of a row, no write is applied twice, and lists only "
     "grow.",
     "Adya, Weak Consistency, 1999 (lost update)"},
}};

const Entry& entry(Guarantee guarantee) { return k_entries[std::to_underlying(guarantee)]; }

std::vector<Guarantee> all_of_strong() {
  std::vector<Guarantee> all;
  for (std::size_t i = 0; i < k_guarantees; ++i) {
    if (Guarantee{static_cast<std::uint8_t>(i)} != Guarantee::k_bounded) {
      all.push_back(Guarantee{static_cast<std::uint8_t>(i)});
    }
  }
  return all;
}

}  // namespace

std::string_view title(Guarantee guarantee) { return entry(guarantee).title; }
std::string_view name(Guarantee guarantee) { return entry(guarantee).name; }
std::string_view definition(Guarantee guarantee) { return entry(guarantee).definition; }
std::string_view source(Guarantee guarantee) { return entry(guarantee).source; }

std::vector<Guarantee> guarantees_of(const consistency::Level& level) {
  using enum Guarantee;
  switch (level.kind) {
    case Kind::k_eventual:
      return {k_no_fractured_reads};
    case Kind::k_monotonic_reads:
      return {k_monotonic_reads, k_no_fractured_reads};
    case Kind::k_read_your_writes:
      return {k_read_your_writes, k_no_fractured_reads};
    case Kind::k_bounded:
      return {k_no_fractured_reads, k_bounded};
    case Kind::k_session:
      return {k_read_your_writes, k_monotonic_reads, k_monotonic_writes, k_writes_follow_reads,
              k_no_fractured_reads};
    case Kind::k_causal:
      return {k_read_your_writes,    k_monotonic_reads, k_monotonic_writes,
              k_writes_follow_reads, k_causal,          k_no_fractured_reads};
    case Kind::k_strong:
      return all_of_strong();
    case Kind::k_policy:
      return {};  // a rule's promise differs from table to table
  }
  std::unreachable();
}

bool held(const Findings& findings, const consistency::Level& level) {
  return std::ranges::all_of(guarantees_of(level), [&](Guarantee guarantee) {
    if (guarantee == Guarantee::k_bounded) {
      return std::ranges::all_of(findings.staleness,
                                 [&](const Stale& stale) { return stale.behind <= level.bound; });
    }
    return findings.verdicts[std::to_underlying(guarantee)].violations == 0;
  });
}

}  // namespace tidemark::audit
