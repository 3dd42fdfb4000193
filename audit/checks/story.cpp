#include "audit/checks/story.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "audit/checks/words.h"

namespace tidemark::audit {
namespace {

std::string outcome(const Operation& operation) {
  if (operation.kind == OperationKind::k_hand_over) return "";
  if (operation.kind == OperationKind::k_take_over) return "";
  const std::string after = in_words(operation.ended - operation.started);
  switch (operation.outcome) {
    case Outcome::k_ok:
      return fmt::format("; answered after {}", after);
    case Outcome::k_failed:
      return fmt::format("; failed after {}", after);
    case Outcome::k_maybe:
      return fmt::format("; no answer after {}", after);
  }
  std::unreachable();
}

// " by a standby (node "s1", endpoint "host=a", connection 5, pipelined)".
std::string from_where(const Operation& operation, const History& history) {
  if (operation.kind == OperationKind::k_hand_over) return "";
  if (operation.kind == OperationKind::k_take_over) return "";
  std::string text;
  if (operation.served_by == ServedBy::k_primary) text += " by the primary";
  if (operation.served_by == ServedBy::k_standby) text += " by a standby";
  text += " (";
  if (operation.node < history.nodes.size() && !history.nodes[operation.node].empty()) {
    text += fmt::format("node {}, ", history.nodes[operation.node]);
  }
  if (operation.endpoint < history.endpoints.size()) {
    text += fmt::format("endpoint \"{}\", ", history.endpoints[operation.endpoint]);
  }
  constexpr std::array k_protocols = {"", ", extended protocol", ", prepared", ", pipelined"};
  return text + fmt::format("connection {}{})", operation.connection,
                            k_protocols[std::to_underlying(operation.protocol)]);
}

}  // namespace

std::string story_line(const Step& step, const History& history) {
  const Operation& operation = history.operations[step.operation];
  const double seconds = std::chrono::duration<double>(operation.started).count();
  return fmt::format("{:.4f} s: session {} {}{}{}{}", seconds, operation.session, step.what,
                     outcome(operation), from_where(operation, history),
                     operation.loss_declared ? "; it was told of a possible loss" : "");
}

std::vector<std::string> story(const Violation& violation, const History& history) {
  std::vector<std::string> lines;
  for (const Step& step : violation.steps) lines.push_back(story_line(step, history));
  lines.push_back("So " + violation.conclusion + ".");
  return lines;
}

}  // namespace tidemark::audit
