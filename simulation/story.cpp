#include "simulation/story.h"

#include "base/duration.h"

namespace tidemark::simulation {
namespace {

std::string time_of(Instant instant) {
  if (instant == k_never) return "never";
  if (instant == Instant::min()) return "the beginning";
  return std::to_string(instant.time_since_epoch().count() / 1000) + "us";
}

std::string describe_version(const History& history, VersionId id) {
  const Version& version = history.versions[id];
  const Transaction& transaction = history.transactions[version.txn];
  std::string text =
      "version " + std::to_string(id) + " (transaction " + std::to_string(version.txn) + " of ";
  text += transaction.session == k_outsider ? "an outsider"
                                            : "session " + std::to_string(transaction.session);
  text += ", shown at " + time_of(transaction.shown_at);
  if (transaction.lost_at != k_never) text += ", lost at " + time_of(transaction.lost_at);
  return text + ")";
}

std::string describe_promise(const Promised& promised) {
  if (promised.strong) return "strong";
  std::string text;
  if (promised.causal) {
    text = "causal";
  } else if (promised.writes && promised.reads) {
    text = "session";
  } else if (promised.writes) {
    text = "read_your_writes";
  } else if (promised.reads) {
    text = "monotonic_reads";
  }
  if (promised.bound != Duration::max())
    text += " bounded(" + format_duration(promised.bound) + ")";
  return text.empty() ? "eventual" : text;
}

const char* describe_kind(Operation::Kind kind) {
  switch (kind) {
    case Operation::Kind::k_statement:
      return "statement";
    case Operation::Kind::k_commit:
      return "commit";
    case Operation::Kind::k_told_writes:
      return "told of lost writes";
    case Operation::Kind::k_told_reads:
      return "told of lost reads";
    case Operation::Kind::k_refused:
      return "refused";
    case Operation::Kind::k_failed:
      return "failed";
    case Operation::Kind::k_hand_over:
      return "hand-over";
  }
  return "";
}

}  // namespace

std::string describe(const History& history, std::size_t index) {
  const Operation& operation = history.operations[index];
  std::string text = "#" + std::to_string(index) + " " + time_of(operation.began) + " to " +
                     time_of(operation.ended) + ": session " + std::to_string(operation.session) +
                     ", " + describe_kind(operation.kind);
  if (operation.kind == Operation::Kind::k_hand_over) {
    text += " to session " + std::to_string(operation.other);
  }
  text += ", " + describe_promise(operation.promised) + ", node " + std::to_string(operation.node) +
          (operation.on_primary ? " (primary)" : " (standby)");
  if (operation.transaction != 0) {
    text += ", in transaction " + std::to_string(operation.transaction) + " begun at " +
            time_of(operation.transaction_began);
  }
  if (operation.txn != k_first_txn) text += ", writes as " + std::to_string(operation.txn);
  if (*operation.note != '\0') text += std::string(", ") + operation.note;
  for (std::uint32_t i = 0; i < operation.seen_count; ++i) {
    const Seen seen = history.seen[operation.first_seen + i];
    text += "; row " + std::to_string(seen.row) + " = " + std::to_string(seen.version);
  }
  return text;
}

std::string story(const History& history, const Case& what) {
  const Row row = what.seen.row;
  std::string text = std::string(to_string(what.breach)) + "\n  " +
                     describe(history, what.operation) + "\n  row " + std::to_string(row) +
                     " of table " + std::to_string(table_of(row)) + " showed " +
                     describe_version(history, what.seen.version) + "\n  and not " +
                     describe_version(history, what.needed);
  if (what.from != 0) text += "\n  as required by " + describe(history, what.from);
  return text;
}

}  // namespace tidemark::simulation
