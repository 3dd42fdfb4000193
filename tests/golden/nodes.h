// The nodes of a scenario, and samples of them as words:
//
//   a primary 0/2000 flushed 0/1800, b standby 0/1000, c restarted 0/900
//
// What is left out is as in the node's last sample.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "consistency/sample.h"
#include "topology/informed.h"

namespace tidemark::golden {

class Nodes {
 public:
  // Addresses as configured: "a:5432" is the node a.
  explicit Nodes(const std::vector<std::string>& addresses);

  // Throws std::runtime_error for a name that no node has.
  consistency::NodeIndex find(std::string_view name) const;
  const std::string& name(consistency::NodeIndex node) const { return names_[node]; }
  // "a, b and c"
  std::string names(consistency::NodeSet nodes) const;
  std::size_t size() const { return names_.size(); }

  // Samples that were answered now; those that took some time were sent earlier. Throws
  // std::runtime_error for words that say nothing.
  void see(std::string_view samples, Instant now, topology::testing::InformedCluster& cluster);

 private:
  void see_one(std::string_view sample, Instant now, topology::testing::InformedCluster& cluster);

  std::vector<std::string> names_;
  std::vector<consistency::Sample> last_;
};

// "timeline 2 left timeline 1 at 0/1500".
consistency::History::Switch parse_switch(std::string_view text);

}  // namespace tidemark::golden
