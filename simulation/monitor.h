// The monitor's stand-in: samples every node in the order in which gateway/sampling.cpp asks, with
// the pauses of gateway/node_probe.cpp, nudges and fetches histories as gateway/monitor_loop.cpp
// does, and publishes the views of a topology::Cluster.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "simulation/mechanisms.h"
#include "simulation/network.h"
#include "simulation/world.h"
#include "topology/cluster.h"

namespace tidemark::simulation {

class Monitor {
 public:
  Monitor(World& world, Network& network, Without without);

  std::shared_ptr<const topology::ClusterView> view() const { return view_; }

  // Has those nodes sampled soon.
  void request(consistency::NodeSet nodes);
  void nudge();

  // Called with every new view, before anybody else has it.
  void before_each_view(std::function<void(const topology::ClusterView&)> action) {
    before_view_ = std::move(action);
  }

  // Called with every new view, once.
  void on_next_view(Events::Action action) { waiting_.push_back(std::move(action)); }

 private:
  enum class State : std::uint8_t { k_down, k_connecting, k_ready, k_sampling };

  struct Probe {
    State state = State::k_down;
    std::uint64_t attempt = 0;  // what belongs to an earlier one comes too late
    std::uint64_t connection = 0;
    std::int64_t run = 0;
    Duration pause{0};
    bool requested = false;
    bool is_standby = false;
    Timeline timeline = 0;
    Instant due{};
    Instant sent_at{};
    std::uint32_t reign = 0;
    consistency::Sample sample;
    std::optional<Lsn> receive;
    topology::Inquiry inquiry;
  };

  void connect(NodeIndex node);
  void connected(NodeIndex node);
  void schedule(NodeIndex node);
  void send(NodeIndex node);
  // The steps of a sample on its server.
  void ask_position(NodeIndex node);
  void ask_second_position(NodeIndex node);
  void ask_timeline(NodeIndex node);
  void ask_snapshot(NodeIndex node);
  void ask_fates(NodeIndex node);
  void take(NodeIndex node);
  void fail(NodeIndex node);

  void on_server(NodeIndex node, void (Monitor::*step)(NodeIndex));
  void work(NodeIndex node, void (Monitor::*step)(NodeIndex));
  void give_up_later(NodeIndex node);
  void distort(consistency::Sample& sample) const;
  void fetch_history();
  void publish();
  void publish_regularly();
  bool is_without(Without what) const { return without_ == what; }

  World& world_;
  Network& network_;
  const Without without_;
  topology::Cluster cluster_;
  std::vector<Probe> probes_;
  std::shared_ptr<const topology::ClusterView> view_;
  std::function<void(const topology::ClusterView&)> before_view_;
  std::vector<Events::Action> waiting_;

  bool nudging_ = false;
  bool nudge_requested_ = false;
  Instant next_nudge_{};
  consistency::Fence fence_;
  NodeIndex fenced_node_ = consistency::k_no_node;
  std::uint64_t fenced_connection_ = 0;
  Instant fenced_at_{};
  bool fetching_ = false;
};

}  // namespace tidemark::simulation
