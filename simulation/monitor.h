// The monitor's stand-in: samples every node in the order in which gateway/sampling.cpp asks, with
// the pauses of gateway/node_probe.cpp, nudges and fetches histories as gateway/monitor_loop.cpp
// does, and publishes the views of a topology::Cluster.
#pragma once

#include <deque>
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

  // Has those nodes sampled soon, unless a sample was sent at `since` or later.
  void request(consistency::NodeSet nodes, Instant since);
  void nudge();

  // Called with every new view, before anybody else has it.
  void before_each_view(std::function<void(const topology::ClusterView&)> action) {
    before_view_ = std::move(action);
  }

  // Called with every new view, once.
  void on_next_view(Events::Action action) { waiting_.push_back(std::move(action)); }

 private:
  enum class State : std::uint8_t { k_down, k_connecting, k_ready };

  // As what a node is asked: see gateway/sampling.h.
  enum class Question : std::uint8_t { k_anything, k_primary, k_standby };

  struct Asked {
    Instant sent_at{};
    Question question = Question::k_anything;
    topology::Inquiry inquiry;
    consistency::Sample sample;
    std::uint32_t reign = 0;
    bool tells_nothing = false;  // it is not what it was asked as
  };

  struct Probe {
    State state = State::k_down;
    std::uint64_t attempt = 0;  // what belongs to an earlier one comes too late
    std::uint64_t connection = 0;
    std::int64_t run = 0;
    Duration pause{0};
    Instant wanted = Instant::min();
    Question question = Question::k_anything;
    bool is_standby = false;
    Timeline timeline = 0;
    Instant sent_at = Instant::min();

    // Questions on their way, at the server and back, oldest first: on one connection they are
    // answered in order. The server works on one at a time.
    std::deque<Asked> under_way;
    std::uint64_t asked = 0;   // so many in all
    std::size_t arrived = 0;   // at the server, and not taken up
    std::size_t answered = 0;  // there, with the answer on its way back
    bool is_working = false;

    Asked& current() { return under_way[answered]; }
  };

  void connect(NodeIndex node);
  void connected(NodeIndex node);
  void schedule(NodeIndex node);
  Instant next_sample(const Probe& probe) const;
  void send(NodeIndex node);
  void take_up(NodeIndex node);
  // The steps of a sample on its server.
  void ask_position(NodeIndex node);
  void ask_second_position(NodeIndex node);
  void ask_timeline(NodeIndex node);
  void ask_snapshot(NodeIndex node);
  void ask_fates(NodeIndex node);
  void answer(NodeIndex node);
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
  // Of a primary no order matters but that of its positions.
  bool is_snapshot_first(const Asked& asked) const {
    return is_without(Without::k_sample_order) || asked.question == Question::k_primary;
  }

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
