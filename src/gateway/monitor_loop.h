// The monitor's thread: a poll loop over the probes of all nodes, the nudge and the fetching of
// timeline histories; the one owner of topology::Cluster.
#pragma once

#include <poll.h>

#include <atomic>
#include <thread>
#include <vector>

#include "gateway/history_fetch.h"
#include "gateway/node_probe.h"
#include "gateway/nudge.h"
#include "gateway/view_board.h"
#include "gateway/view_log.h"
#include "net/wakeup.h"
#include "topology/cluster.h"

namespace tidemark::gateway {

class MonitorLoop {
 public:
  MonitorLoop(const Config& config, std::function<void()> on_publish);

  // Any thread.
  const ViewBoard& board() const { return board_; }
  void request(consistency::NodeSet nodes, Instant since);
  void request_nudge();
  void stir();
  void ask_to_stop();

  // Runs until asked to stop.
  void run();

  std::jthread thread;  // of Monitor, which runs this loop in it

 private:
  void turn();
  void take_requests();
  void doze_or_wake();
  void tick_probes(Instant now);
  void tick_errands(Instant now);
  void sleep(Instant now);
  Instant next_deadline() const;
  void advance(Instant now, std::size_t index);
  void advance_errands(Instant now);
  void on_failure(consistency::NodeIndex node, const Error& why);
  void on_nudged(const Nudge::Outcome& outcome);
  void publish(Instant now);

  // Of any thread.
  ViewBoard board_;
  net::Wakeup wakeup_;
  // By node: a sample sent then or later is wanted; and when the latest was sent.
  struct Asked {
    std::atomic<Instant> since = Instant::min();
    std::atomic<Instant> sent_at = Instant::min();
  };
  std::vector<Asked> asked_;
  std::atomic<bool> is_asked_ = false;
  std::atomic<bool> nudge_requested_ = false;
  std::atomic<bool> stirred_ = false;
  std::atomic<bool> dozing_ = false;
  std::atomic<bool> stopping_ = false;

  // Of the loop's thread.
  topology::Cluster cluster_;
  std::vector<NodeProbe> probes_;
  Nudge nudge_;
  HistoryFetch history_;
  consistency::NodeIndex history_from_ = consistency::k_no_node;
  consistency::Fence fence_;                           // the latest one committed
  Nudge::Run fenced_run_;                              // where
  Instant fenced_at_{};                                // and when that was known
  std::shared_ptr<const topology::ClusterView> view_;  // the latest on the board
  ViewLog log_;
  bool changed_ = true;
  Instant published_at_{};
  Instant stirred_at_{};
  std::vector<pollfd> polled_;
};

}  // namespace tidemark::gateway
