#include "audit/report/summary.h"

#include <algorithm>
#include <map>
#include <set>

#include "audit/report/unknown.h"
#include "base/check.h"

namespace tidemark::audit {
namespace {

// What is collected of one endpoint or node, or of all.
struct Place {
  Share reads;
  std::uint64_t writes = 0;
  std::vector<Duration> read_latencies;
  std::vector<Duration> write_latencies;

  void add(const Operation& operation, bool read) {
    const Duration took = operation.ended - operation.started;
    if (!read) {
      ++writes;
      write_latencies.push_back(took);
      return;
    }
    read_latencies.push_back(took);
    reads.add(operation.served_by);
  }

  PlaceSummary summary(std::string name) {
    return {std::move(name), reads, writes, distribution(read_latencies),
            distribution(write_latencies)};
  }
};

struct Counts {
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  std::uint64_t maybe = 0;
  std::vector<Duration> latencies;
};

// "40001 could not …": where the text begins behind an SQLSTATE.
constexpr std::size_t k_text_at = 6;

bool begins_with_sqlstate(std::string_view text) {
  return text.size() >= 5 && (text.size() == 5 || text[5] == ' ' || text[5] == ':') &&
         std::all_of(text.begin(), text.begin() + 5, [](char character) {
           return (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z');
         });
}

class Collector {
 public:
  explicit Collector(const History& history)
      : history_(history), endpoints_(history.endpoints.size()), nodes_(history.nodes.size()) {}

  void add(const Operation& operation) {
    length_ = std::max(length_, operation.ended);
    sessions_.insert(operation.session);
    losses_ += operation.loss_declared;
    if (!operation.error.empty()) add_error(operation);
    if (is_message(operation)) {
      messages_ += operation.kind == OperationKind::k_take_over;
      return;
    }
    connections_.insert(operation.connection);
    const Action action = action_of(history_, operation);
    Counts& counts = actions_[static_cast<std::size_t>(action)];
    switch (operation.outcome) {
      case Outcome::k_failed:
        ++counts.failed;
        return;
      case Outcome::k_maybe:
        ++counts.maybe;
        return;
      case Outcome::k_ok:
        ++counts.ok;
        break;
    }
    counts.latencies.push_back(operation.ended - operation.started);
    all_.add(operation, is_read(action));
    if (operation.endpoint < endpoints_.size()) {
      endpoints_[operation.endpoint].add(operation, is_read(action));
    }
    if (operation.node < nodes_.size()) nodes_[operation.node].add(operation, is_read(action));
  }

  Summary summary() {
    Summary result;
    result.length = length_;
    result.sessions = sessions_.size();
    result.connections = connections_.size();
    result.messages = messages_;
    result.losses_declared = losses_;
    PlaceSummary all = all_.summary("");
    result.reads = all.read_latency.count;
    result.writes = all.writes;
    const double seconds = std::chrono::duration<double>(length_).count();
    if (seconds > 0) {
      result.reads_a_second = static_cast<double>(result.reads) / seconds;
      result.writes_a_second = static_cast<double>(result.writes) / seconds;
    }
    result.read_latency = all.read_latency;
    result.write_latency = all.write_latency;
    result.share = all.reads;
    add_actions(result);
    add_places(result);
    add_errors(result);
    return result;
  }

 private:
  void add_error(const Operation& operation) {
    const bool has_state = begins_with_sqlstate(operation.error);
    ErrorSummary& error = errors_[has_state ? operation.error.substr(0, 5) : std::string()];
    if (error.count == 0 || operation.ended < error.first) {
      error.first = operation.ended;
      error.example =
          operation.error.substr(has_state ? std::min(operation.error.size(), k_text_at) : 0);
    }
    error.last = std::max(error.last, operation.ended);
    ++error.count;
    error.maybes += operation.outcome == Outcome::k_maybe;
  }

  void add_actions(Summary& result) {
    for (std::size_t index = 0; index < k_actions; ++index) {
      Counts& counts = actions_[index];
      if (counts.ok + counts.failed + counts.maybe == 0) continue;
      result.actions.push_back({static_cast<Action>(index), counts.ok, counts.failed, counts.maybe,
                                distribution(counts.latencies)});
    }
  }

  void add_places(Summary& result) {
    for (std::size_t index = 0; index < endpoints_.size(); ++index) {
      result.endpoints.push_back(endpoints_[index].summary(history_.endpoints[index]));
    }
    for (std::size_t index = 1; index <= nodes_.size(); ++index) {
      const std::size_t node = index % nodes_.size();  // [0] is the unknown one
      PlaceSummary summary = nodes_[node].summary(history_.nodes[node]);
      if (summary.read_latency.count + summary.writes > 0) result.nodes.push_back(summary);
    }
  }

  void add_errors(Summary& result) {
    for (auto& [state, error] : errors_) {
      error.sqlstate = state;
      result.errors.push_back(std::move(error));
    }
    std::ranges::stable_sort(result.errors, std::greater(), &ErrorSummary::count);
  }

  const History& history_;
  Duration length_{0};
  std::set<SessionId> sessions_;
  std::set<std::uint32_t> connections_;
  std::uint64_t messages_ = 0;
  std::uint64_t losses_ = 0;
  std::array<Counts, k_actions> actions_;
  Place all_;
  std::vector<Place> endpoints_;
  std::vector<Place> nodes_;
  std::map<std::string, ErrorSummary> errors_;
};

void add_staleness(const Findings& findings, Summary& result) {
  std::vector<Duration> behind;
  std::vector<std::uint64_t> missed;
  behind.reserve(findings.staleness.size());
  missed.reserve(findings.staleness.size());
  for (const Stale& stale : findings.staleness) {
    behind.push_back(stale.behind);
    missed.push_back(stale.versions);
    result.fresh += stale.versions == 0;
  }
  result.behind = distribution(behind);
  result.missed = distribution(missed);
}

}  // namespace

template <class T>
Distribution<T> distribution(std::vector<T>& values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  const auto rank = [&](std::uint64_t thousandths) {
    const std::uint64_t count = values.size();
    return values[(count * thousandths + 999) / 1000 - 1];
  };
  return {values.size(), rank(500), rank(900), rank(990), rank(999), values.back()};
}

template Distribution<Duration> distribution(std::vector<Duration>&);
template Distribution<std::uint64_t> distribution(std::vector<std::uint64_t>&);

std::string_view title(Action action) {
  constexpr std::array<std::string_view, k_actions> k_titles = {
      "read one row", "read several rows", "read in a transaction", "write", "increment", "append"};
  return k_titles[static_cast<std::size_t>(action)];
}

std::string_view name(Action action) {
  constexpr std::array<std::string_view, k_actions> k_names = {
      "read_one", "read_many", "read_transaction", "write", "increment", "append"};
  return k_names[static_cast<std::size_t>(action)];
}

bool is_message(const Operation& operation) {
  return operation.kind == OperationKind::k_hand_over ||
         operation.kind == OperationKind::k_take_over;
}

Action action_of(const History& history, const Operation& operation) {
  CHECK(!is_message(operation));
  if (operation.kind == OperationKind::k_read_transaction) return Action::k_read_transaction;
  if (operation.kind == OperationKind::k_read) {
    const bool many = operation.seen.size() > 1 || operation.lists.size() > 1;
    return many ? Action::k_read_many : Action::k_read_one;
  }
  std::set<RowKind> kinds;
  for (const Put& put : operation.puts) kinds.insert(history.rows.at(put.row).kind);
  if (kinds.size() != 1 || kinds.contains(RowKind::k_register)) return Action::k_write;
  return kinds.contains(RowKind::k_counter) ? Action::k_increment : Action::k_append;
}

void Share::add(ServedBy served_by) {
  switch (served_by) {
    case ServedBy::k_primary:
      ++primary;
      break;
    case ServedBy::k_standby:
      ++standby;
      break;
    case ServedBy::k_unknown:
      ++unknown;
      break;
  }
}

double Share::on_standbys() const {
  return known() == 0 ? 0 : static_cast<double>(standby) / static_cast<double>(known());
}

Summary summarize(const History& history, const Findings& findings) {
  Collector collector(history);
  for (const Operation& operation : history.operations) collector.add(operation);
  Summary result = collector.summary();
  add_staleness(findings, result);
  result.unknown = what_is_unknown(history, findings, result);
  return result;
}

}  // namespace tidemark::audit
