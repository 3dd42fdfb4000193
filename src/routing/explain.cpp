#include "routing/explain.h"

#include "consistency/lsn.h"

namespace tidemark::routing {

using consistency::Role;

std::string describe(const Decision& decision, const consistency::Promise& promise,
                     const topology::ClusterView& view) {
  std::string text;
  if (decision.action == Action::k_serve) {
    const auto& node = view.node(decision.node);
    text += "node=" + *node.address;
    text += node.role == Role::k_primary ? " role=primary" : " role=standby";
  } else {
    text += decision.action == Action::k_wait ? "node=waiting" : "node=none";
  }
  text += " level=" + consistency::to_string(promise);
  text += " floor=" + consistency::format_lsn(decision.floor);
  text += " reason=\"" + std::string(to_string(decision.reason)) + "\"";
  return text;
}

}  // namespace tidemark::routing
