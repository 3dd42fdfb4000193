#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "audit/checks/causal.h"
#include "audit/checks/words.h"

namespace tidemark::audit {
namespace {

// So many operations are looked at for one chain.
constexpr std::size_t k_most_visits = 50'000;

// Breadth first, from the last operation back to the first.
class Search {
 public:
  Search(const Causes& causes, OperationId first, OperationId last)
      : causes_(causes), model_(causes.model()), first_(first), last_(last) {}

  std::vector<OperationId> run() && {
    next_.try_emplace(last_, last_);
    queue_.push_back(last_);
    for (std::size_t at = 0; at < queue_.size() && queue_.size() < k_most_visits; ++at) {
      if (queue_[at] == first_) return path();
      expand(queue_[at]);
    }
    return {first_, last_};
  }

 private:
  void expand(OperationId id) {
    const Place place = model_.place(id);
    // The program before it, as far as an earlier step has not been there already.
    std::uint32_t& reached = reached_[place.life];
    const auto& program = causes_.program(place.life);
    for (std::uint32_t index = place.index - 1; index > reached; --index) {
      const OperationId earlier = program[index - 1];
      if (model_.operation(earlier).ended < model_.operation(first_).started) break;
      if (is_known_to_its_session(model_.operation(earlier))) note(earlier, id);
    }
    reached = std::max(reached, place.index - 1);
    causes_.for_each(id, [&](OperationId cause) { note(cause, id); });
  }

  void note(OperationId cause, OperationId of) {
    if (next_.try_emplace(cause, of).second) queue_.push_back(cause);
  }

  std::vector<OperationId> path() const {
    std::vector<OperationId> path = {first_};
    while (path.back() != last_) path.push_back(next_.at(path.back()));
    return path;
  }

  const Causes& causes_;
  const Model& model_;
  OperationId first_;
  OperationId last_;
  std::vector<OperationId> queue_;
  std::unordered_map<OperationId, OperationId> next_;  // what it is a cause of
  std::unordered_map<LifeId, std::uint32_t> reached_;
};

// What each end of one link of the chain did. Nothing where the session's program links them.
struct Link {
  std::string from;
  std::string to;
};

Link link(const Model& model, OperationId from, OperationId to) {
  const History& all = model.history();
  const Operation& later = model.operation(to);
  if (later.kind == OperationKind::k_take_over && model.sent_by(later) == from) {
    return {fmt::format("sent a message to session {}", later.session),
            fmt::format("got the message of session {}", model.operation(from).session)};
  }
  for (const Seen& seen : later.seen) {
    const Made* made = model.made(seen);
    if (made == nullptr || made->operation != from) continue;
    return {wrote(all, seen.row, seen.version), saw(all, seen)};
  }
  for (const Put& put : later.puts) {
    const Version version = model.version_of(put);
    if (version == k_unknown_version || version == 1) continue;
    const Made* made = model.next(put.row, version - 2);
    if (made == nullptr || made->operation != from || made->version != version - 1) continue;
    return {wrote(all, put.row, made->version), wrote(all, put.row, version)};
  }
  return {};
}

// What a step did that no link speaks of.
std::string told_alone(const Model& model, OperationId id) {
  const Operation& operation = model.operation(id);
  if (!operation.puts.empty()) {
    const Put& put = operation.puts.front();
    return wrote(model.history(), put.row, model.version_of(put));
  }
  return operation.seen.empty() ? "was there" : saw(model.history(), operation.seen.front());
}

}  // namespace

std::vector<OperationId> causal_path(const Causes& causes, OperationId first, OperationId last) {
  return Search(causes, first, last).run();
}

std::vector<std::string> tell_path(const Model& model, const std::vector<OperationId>& path) {
  std::vector<std::string> what(path.size());
  const auto add = [&](std::size_t at, const std::string& text) {
    if (text.empty() || what[at] == text) return;
    what[at] += (what[at].empty() ? "" : "; ") + text;
  };
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    const Link between = link(model, path[i], path[i + 1]);
    add(i, between.from);
    add(i + 1, between.to);
  }
  for (std::size_t i = 1; i + 1 < path.size(); ++i) {
    if (what[i].empty()) what[i] = told_alone(model, path[i]);
  }
  return what;
}

}  // namespace tidemark::audit
