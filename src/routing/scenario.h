// For tests: one session on a primary (node 0) and two standbys (1 and 2), with verbs.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "routing/router.h"
#include "topology/informed.h"
#include "topology/samples.h"

namespace tidemark::routing {

class Scenario : public ::testing::Test {
 protected:
  using Kind = consistency::Level::Kind;

  void sees(consistency::Sample sample) {
    const auto away = distances_.find(sample.node);
    if (away != distances_.end()) {
      sample.received_at = sample.sent_at + std::chrono::milliseconds(away->second);
    }
    cluster_.on_sample(sample);
  }

  // All three nodes at one position.
  void all_at(int ms, std::uint64_t lsn) {
    sees(topology::testing::primary(0, ms, lsn));
    sees(topology::testing::standby(1, ms, lsn));
    sees(topology::testing::standby(2, ms, lsn));
  }

  // From now on a node's samples take that long, and so do statements there.
  void is_away(consistency::NodeIndex node, int round_trip_ms) { distances_[node] = round_trip_ms; }

  void wrote(int ms) { session_.note_write(0, run_of(0), topology::testing::at(ms)); }
  void read(consistency::NodeIndex node, int ms) {
    const bool is_primary = cluster_.view({})->node(node).role == consistency::Role::k_primary;
    session_.note_read(node, run_of(node), topology::testing::at(ms), is_primary);
  }

  Decision asks(int ms) {
    const auto now = topology::testing::at(ms);
    return decide(request_, session_, *cluster_.view(now), loads_, now);
  }
  Decision asks(int ms, Kind level) {
    request_.promise = consistency::promise_of({.kind = level, .bound = {}});
    return asks(ms);
  }

  void waits_since(int ms) { request_.waiting_since = topology::testing::at(ms); }

  void promotes(consistency::NodeIndex node, int ms, std::uint64_t switch_point,
                std::uint64_t lsn) {
    sees(topology::testing::on_timeline(topology::testing::primary(node, ms, lsn), 2));
    consistency::History history;
    history.add({2, 1, {switch_point}});
    cluster_.on_history(2, history);
  }

  consistency::Incarnation run_of(consistency::NodeIndex node) {
    return cluster_.view({})->node(node).incarnation;
  }

  topology::testing::InformedCluster cluster_{{"p:1", "s:2", "s:3"}};
  consistency::Session session_;
  Request request_;
  std::vector<NodeLoad> loads_;
  std::map<consistency::NodeIndex, int> distances_;
};

inline void expect_serves(const Decision& decision, consistency::NodeIndex node, Reason reason) {
  EXPECT_EQ(decision.action, Action::k_serve) << to_string(decision.reason);
  EXPECT_EQ(decision.node, node);
  EXPECT_EQ(to_string(decision.reason), to_string(reason));
}

inline void expect_waits(const Decision& decision, Reason reason, consistency::NodeSet wanted) {
  EXPECT_EQ(decision.action, Action::k_wait);
  EXPECT_EQ(to_string(decision.reason), to_string(reason));
  EXPECT_EQ(decision.wanted, wanted);
}

inline void expect_refuses(const Decision& decision, Reason reason) {
  EXPECT_EQ(decision.action, Action::k_refuse);
  EXPECT_EQ(to_string(decision.reason), to_string(reason));
}

}  // namespace tidemark::routing
