#include "gateway/view_log.h"

#include "gateway/log.h"

namespace tidemark::gateway {
namespace {

std::string_view role_of(const topology::NodeView& node) {
  switch (node.role) {
    case consistency::Role::k_primary:
      return "primary";
    case consistency::Role::k_standby:
      return "standby";
    case consistency::Role::k_unknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace

void ViewLog::note(const topology::ClusterView& before, const topology::ClusterView& after) {
  for (consistency::NodeIndex i = 0; i < after.nodes().size(); ++i) {
    const topology::NodeView& node = after.node(i);
    const topology::NodeView& old = before.node(i);
    if (node.admission == old.admission && node.role == old.role) continue;
    if (node.admitted()) {
      failures_.erase(i);
      log_info("node_admitted", {{"node", *node.address},
                                 {"role", role_of(node)},
                                 {"timeline", node.timeline},
                                 {"lsn", consistency::format_lsn(node.applied)}});
    } else if (node.admission != old.admission) {
      log_warning("node_not_admitted",
                  {{"node", *node.address}, {"reason", to_string(node.admission)}});
    }
  }
  if (before.primary() == after.primary()) return;
  if (after.has_primary()) {
    log_info("primary_found",
             {{"node", *after.node(after.primary()).address}, {"timeline", after.timeline()}});
  } else {
    log_warning("primary_gone", {{"node", *before.node(before.primary()).address}});
  }
}

void ViewLog::note_unknown_history(const std::string& address, consistency::Timeline timeline,
                                   const std::string& why) {
  if (!unknown_histories_.insert({address, timeline}).second) return;
  log_error("timeline_history_unknown",
            {{"node", address}, {"timeline", timeline}, {"reason", why}});
}

void ViewLog::note_failure(consistency::NodeIndex node, const std::string& address,
                           const std::string& why) {
  std::string& last = failures_[node];
  if (last == why) return;
  last = why;
  log_warning("node_failed", {{"node", address}, {"reason", why}});
}

}  // namespace tidemark::gateway
