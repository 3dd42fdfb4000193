// Writes to the log what changed from one view to the next: nodes admitted and dismissed, and which
// node is the primary.
// Thread rule: confined to the monitor's thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "topology/cluster_view.h"

namespace tidemark::gateway {

class ViewLog {
 public:
  void note(const topology::ClusterView& before, const topology::ClusterView& after);

  // Says why a node failed, unless the same was said last.
  void note_failure(consistency::NodeIndex node, const std::string& address,
                    const std::string& why);

  // Says why a node's history of a timeline cannot be had, once for each.
  void note_unknown_history(const std::string& address, consistency::Timeline timeline,
                            const std::string& why);

 private:
  std::map<consistency::NodeIndex, std::string> failures_;
  std::set<std::pair<std::string, consistency::Timeline>> unknown_histories_;
};

}  // namespace tidemark::gateway
