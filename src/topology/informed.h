// For tests: a cluster whose nodes all have the same histories.
#pragma once

#include "topology/cluster.h"

namespace tidemark::topology::testing {

class InformedCluster : public Cluster {
 public:
  using Cluster::Cluster;
  using Cluster::on_history;

  void on_sample(const consistency::Sample& sample) {
    Cluster::on_sample(sample);
    answer();
  }

  // What every node says of it from now on. Nothing: whoever has been asked cannot say.
  void on_history(consistency::Timeline timeline,
                  const std::optional<consistency::History>& history) {
    const auto wish = wants_history();
    if (!history) return Cluster::on_history(wish.value().node, timeline, history);
    known_.add(*history);
    const auto count = view({})->nodes().size();
    for (consistency::NodeIndex node = 0; node < count; ++node) {
      Cluster::on_history(node, timeline, known_);
    }
    answer();
  }

 private:
  void answer() {
    for (auto wish = wants_history(); wish && known_.knows(wish->timeline);) {
      Cluster::on_history(wish->node, wish->timeline, known_);
      wish = wants_history();
    }
  }

  consistency::History known_;
};

}  // namespace tidemark::topology::testing
