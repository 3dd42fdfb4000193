// The monitor samples every node on one connection each and turns the samples into views: a thread
// of its own with its own poll loop, the only writer of topology::Cluster.
//
// Each node is sampled every interval, less often while nobody has asked the gateway for anything
// (k_doze_after), and at once when a worker asks for a sample sent at some instant or later that
// has not been sent yet. A node that does not answer within the timeout counts as failed; its
// connection is dropped and tried again with growing pauses.
//
// Thread rule: start and stop from the thread that owns the object; everything else from any
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "gateway/config.h"
#include "gateway/view_board.h"

namespace tidemark::gateway {

class MonitorLoop;

class Monitor {
 public:
  // on_publish runs on the monitor's thread after each new view, and must not block. The first view
  // (no node known yet) is on the board when the constructor returns.
  Monitor(const Config& config, std::function<void()> on_publish);
  ~Monitor();  // stops
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  void start();
  void stop();

  const ViewBoard& board() const;

  // Bit i asks for a sample of node i (its place in the configuration, as in ClusterView) that was
  // sent at `since` or later. A view will come of it that holds one, if none has. Requests add up;
  // they are cheap.
  void request(std::uint64_t nodes, Instant since);

  // Somebody has asked the gateway for something: the nodes are sampled every interval for a while.
  // As cheap as a look at a variable.
  void stir();

  // Makes the primary flush its log, because a floor lies above its flush position and an idle
  // primary would never get there (anomaly P6). Rate-limited: calls within k_nudge_pause of the
  // last one are folded into it.
  void nudge();

 private:
  const std::unique_ptr<MonitorLoop> loop_;
};

}  // namespace tidemark::gateway
