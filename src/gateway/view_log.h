// Writes to the log what changed from one view to the next: nodes admitted and dismissed, and which
// node is the primary.
// Thread rule: confined to the monitor's thread.
#pragma once

#include <map>
#include <string>

#include "topology/cluster_view.h"

namespace tidemark::gateway {

class ViewLog {
 public:
  void note(const topology::ClusterView& before, const topology::ClusterView& after);

  // Says why a node failed, unless the same was said last.
  void note_failure(consistency::NodeIndex node, const std::string& address,
                    const std::string& why);

 private:
  std::map<consistency::NodeIndex, std::string> failures_;
};

}  // namespace tidemark::gateway
