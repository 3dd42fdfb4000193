#include "simulation/monitor.h"

#include <algorithm>
#include <string>
#include <utility>

namespace tidemark::simulation {
namespace {

using consistency::Role;
using std::chrono::milliseconds;

constexpr Duration k_first_retry = milliseconds(5);
constexpr Duration k_longest_retry = milliseconds(100);
constexpr Duration k_least_sample_gap = milliseconds(1);
constexpr Duration k_nudge_pause = milliseconds(5);
constexpr Duration k_publish_at_least = milliseconds(50);
constexpr std::uint64_t k_system = 7;

}  // namespace

Monitor::Monitor(World& world, Network& network, Without without)
    : world_(world),
      network_(network),
      without_(without),
      cluster_(std::vector<std::string>(world.size(), "node"),
               {.stale_after = 4 * world.options().probe_timeout}),
      probes_(world.size()) {
  view_ = cluster_.view(world_.now());
  for (NodeIndex node = 0; node < probes_.size(); ++node) {
    probes_[node].pause = k_first_retry;
    connect(node);
  }
  publish_regularly();
}

// A step on the server's side, if the attempt that it belongs to still stands there and here.
void Monitor::on_server(NodeIndex node, void (Monitor::*step)(NodeIndex)) {
  Probe& probe = probes_[node];
  if (world_.server(node).up && world_.server(node).run == probe.run) return (this->*step)(node);
  const auto attempt = probe.attempt;
  network_.travel(node, [this, node, attempt] {
    if (probes_[node].attempt == attempt) fail(node);
  });
}

void Monitor::work(NodeIndex node, void (Monitor::*step)(NodeIndex)) {
  const Options& options = world_.options();
  Duration delay = options.work.least / 2;
  if (world_.random().chance(0.3)) delay = options.work.draw(world_.random());
  if (world_.random().chance(options.faults.slow_statement)) delay += options.work.tail;
  world_.events().after(delay, [this, node, step, attempt = probes_[node].attempt] {
    if (probes_[node].attempt == attempt) on_server(node, step);
  });
}

void Monitor::give_up_later(NodeIndex node) {
  world_.events().after(world_.options().probe_timeout,
                        [this, node, attempt = probes_[node].attempt] {
                          if (probes_[node].attempt == attempt) fail(node);
                        });
}

void Monitor::connect(NodeIndex node) {
  Probe& probe = probes_[node];
  probe.state = State::k_connecting;
  const auto attempt = ++probe.attempt;
  ++probe.connection;
  probe.is_standby = false;
  probe.timeline = 0;
  give_up_later(node);
  network_.travel(node, [this, node, attempt] {
    if (probes_[node].attempt != attempt) return;
    const Server& server = world_.server(node);
    probes_[node].run = server.up ? server.run : 0;
    on_server(node, &Monitor::connected);
  });
}

void Monitor::connected(NodeIndex node) {
  network_.travel(node, [this, node, attempt = probes_[node].attempt] {
    Probe& probe = probes_[node];
    if (probe.attempt != attempt) return;
    ++probe.attempt;
    probe.state = State::k_ready;
    probe.due = world_.now();
    schedule(node);
  });
}

void Monitor::schedule(NodeIndex node) {
  const Probe& probe = probes_[node];
  if (probe.state != State::k_ready) return;
  const Instant soon = probe.requested ? probe.sent_at + k_least_sample_gap : probe.due;
  world_.events().at(std::min(soon, probe.due), [this, node, attempt = probe.attempt] {
    if (probes_[node].attempt == attempt && probes_[node].state == State::k_ready) send(node);
  });
}

void Monitor::send(NodeIndex node) {
  Probe& probe = probes_[node];
  const auto attempt = ++probe.attempt;
  probe.state = State::k_sampling;
  probe.requested = false;
  probe.sent_at = world_.now();
  probe.sample = {};
  probe.sample.node = node;
  probe.sample.connection = probe.connection;
  probe.sample.sent_at = probe.sent_at;
  probe.inquiry = probe.is_standby ? cluster_.inquiry() : topology::Inquiry();
  give_up_later(node);
  network_.travel(node, [this, node, attempt] {
    if (probes_[node].attempt != attempt) return;
    on_server(node, is_without(Without::k_sample_order) ? &Monitor::ask_snapshot
                                                        : &Monitor::ask_position);
  });
}

// The role decides what the rest means (anomaly F4).
void Monitor::ask_position(NodeIndex node) {
  Probe& probe = probes_[node];
  consistency::Sample& sample = probe.sample;
  const Server& server = world_.server(node);
  sample.postmaster_started_us = 1;
  sample.checkpointer_started_us = server.run;
  sample.system_identifier = k_system;
  sample.role = server.is_primary ? Role::k_primary : Role::k_standby;
  sample.timeline = server.timeline;
  probe.reign = server.reign;
  if (server.is_primary) {
    sample.insert = consistency::round_down_off_page_header(server.insert_position(), k_page_bytes,
                                                            k_segment_bytes);
  } else {
    sample.applied = server.end_of(server.reported);
  }
  work(node, &Monitor::ask_second_position);
}

void Monitor::ask_second_position(NodeIndex node) {
  Probe& probe = probes_[node];
  consistency::Sample& sample = probe.sample;
  const Server& server = world_.server(node);
  if (sample.role == Role::k_primary) {
    sample.flush = server.end_of(server.flushed);
  } else {
    // Without a WAL receiver that is what the last one got: these servers have no archive.
    const bool received = !server.is_primary && server.received_in == server.run;
    const auto receive = received ? std::optional(server.end_of(server.log.size())) : std::nullopt;
    sample.reached = consistency::reached_by(sample.applied, receive);
    ask_timeline(node);
  }
  if (is_without(Without::k_sample_order)) return take(node);
  work(node, &Monitor::ask_snapshot);
}

// Without a WAL receiver: what the control file says, and which timeline's files there are. So,
// too, if it has been promoted in between.
void Monitor::ask_timeline(NodeIndex node) {
  consistency::Sample& sample = probes_[node].sample;
  const Server& server = world_.server(node);
  const Timeline newest = server.log.back().timeline;
  if (!server.is_primary && world_.is_streaming(server)) {
    sample.timeline = newest;
    return;
  }
  sample.timeline = server.log[server.restart_point - 1].timeline;
  sample.timeline_at_most = newest;
  if (is_without(Without::k_log_files)) sample.timeline_at_most = 0;
}

// The snapshot of the second statement, whatever the server has become since the first.
void Monitor::ask_snapshot(NodeIndex node) {
  consistency::Snapshot& snapshot = probes_[node].sample.snapshot;
  const Server& server = world_.server(node);
  if (server.is_primary) {
    snapshot.xmax = server.latest_completed + 1;
    for (const Server::Running& running : server.running) {
      if (running.xid < snapshot.xmax) snapshot.running.push_back(running.xid);
    }
  } else {
    snapshot.xmax = server.replayed.xmax;
  }
  snapshot.xmin = snapshot.running.empty() ? snapshot.xmax : std::ranges::min(snapshot.running);
  work(node, &Monitor::ask_fates);
}

// The inquiry is made only where the primary had transactions in progress.
void Monitor::ask_fates(NodeIndex node) {
  Probe& probe = probes_[node];
  consistency::Snapshot& snapshot = probe.sample.snapshot;
  const Server& server = world_.server(node);
  if (!probe.inquiry.xids.empty()) {
    const auto is_running = [&server](Xid xid) {
      if (!server.is_primary) return server.replayed.is_running(xid);
      return std::ranges::find(server.running, xid, &Server::Running::xid) != server.running.end();
    };
    const auto ask = [&](Xid xid) {
      if (xid < snapshot.xmax && is_running(xid)) snapshot.running.push_back(xid);
    };
    for (const Xid xid : probe.inquiry.xids) ask(xid);
    const Xid end = std::min(snapshot.xmax, probe.inquiry.from + topology::k_max_inquired_range);
    for (Xid xid = probe.inquiry.from; xid < end; ++xid) ask(xid);
  }
  if (is_without(Without::k_sample_order)) return work(node, &Monitor::ask_position);
  take(node);
}

void Monitor::take(NodeIndex node) {
  network_.travel(node, [this, node, attempt = probes_[node].attempt] {
    Probe& probe = probes_[node];
    if (probe.attempt != attempt) return;
    ++probe.attempt;
    consistency::Sample& sample = probe.sample;
    probe.timeline = std::max(probe.timeline, sample.timeline);
    probe.is_standby = sample.role == Role::k_standby;
    sample.timeline = probe.timeline;
    sample.received_at = world_.now();
    if (node == fenced_node_ && probe.connection == fenced_connection_ &&
        fenced_at_ <= sample.sent_at) {
      sample.fence = fence_;
    }
    if (sample.role == Role::k_primary) world_.make_known(probe.reign);
    distort(sample);
    cluster_.on_sample(sample);
    probe.state = State::k_ready;
    probe.due = probe.sent_at + world_.options().sample_interval;
    probe.pause = k_first_retry;
    publish();
    schedule(node);
    fetch_history();
  });
}

void Monitor::distort(consistency::Sample& sample) const {
  const bool of_primary = sample.role == Role::k_primary;
  switch (without_) {
    case Without::k_barrier:
      if (!of_primary) return;
      sample.snapshot = {.xmin = Xid{1} << 40, .xmax = Xid{1} << 40, .running = {}};
      return;
    case Without::k_incarnation:
      sample.checkpointer_started_us = 1;
      return;
    case Without::k_timeline:
      sample.timeline = 1;
      return;
    case Without::k_insert:
      if (of_primary) sample.insert = sample.flush;
      return;
    case Without::k_durability:
      if (of_primary) sample.flush = sample.insert;
      return;
    case Without::k_reached:
      sample.reached = sample.applied;
      return;
    case Without::k_sent_at:
      sample.sent_at = sample.received_at;
      return;
    default:
      return;
  }
}

void Monitor::fail(NodeIndex node) {
  Probe& probe = probes_[node];
  const auto attempt = ++probe.attempt;
  probe.state = State::k_down;
  cluster_.on_failure(node);
  publish();
  world_.events().after(probe.pause, [this, node, attempt] {
    if (probes_[node].attempt == attempt) connect(node);
  });
  probe.pause = std::min(2 * probe.pause, k_longest_retry);
}

void Monitor::request(consistency::NodeSet nodes) {
  for (NodeIndex node = 0; node < probes_.size(); ++node) {
    if ((nodes & consistency::node_bit(node)) == 0 || probes_[node].requested) continue;
    probes_[node].requested = true;
    schedule(node);
  }
}

void Monitor::nudge() {
  nudge_requested_ = true;
  const NodeIndex primary = view_->primary();
  if (nudging_ || world_.now() < next_nudge_ || primary == consistency::k_no_node) return;
  nudge_requested_ = false;
  nudging_ = true;
  next_nudge_ = world_.now() + k_nudge_pause;
  const Instant sent_at = world_.now();
  const auto connection = probes_[primary].connection;
  network_.travel(primary, [this, primary, connection, sent_at] {
    const bool works = world_.server(primary).up && world_.server(primary).is_primary;
    const Xid xid = works ? world_.fence(primary) : 0;
    network_.travel(primary, [this, primary, connection, sent_at, xid] {
      nudging_ = false;
      if (xid != 0) {
        fence_ = {.xid = is_without(Without::k_fence) ? 1 : xid, .sent_at = sent_at};
        fenced_node_ = primary;
        fenced_connection_ = connection;
        fenced_at_ = world_.now();
        request(~consistency::NodeSet{0});
      }
      if (nudge_requested_) world_.events().at(next_nudge_, [this] { nudge(); });
    });
  });
}

void Monitor::fetch_history() {
  const auto wanted = cluster_.wants_history();
  const NodeIndex primary = view_->primary();
  if (!wanted || fetching_ || primary == consistency::k_no_node) return;
  fetching_ = true;
  network_.travel(primary, [this, primary, timeline = *wanted] {
    const Server& server = world_.server(primary);
    std::optional<consistency::History> history;
    if (server.up && server.timeline >= timeline) history = world_.ancestors(timeline);
    if (world_.random().chance(world_.options().faults.failed_history)) history.reset();
    if (history && is_without(Without::k_history)) {
      history = consistency::History();
      for (Timeline later = timeline; later > 1; --later) {
        history->add({later, later - 1, Lsn{~std::uint64_t{0}}});
      }
    }
    network_.travel(primary, [this, primary, timeline, history = std::move(history)] {
      fetching_ = false;
      if (history || primary == view_->primary()) cluster_.on_history(timeline, history);
      publish();
    });
  });
}

void Monitor::publish() {
  view_ = cluster_.view(world_.now());
  if (before_view_) before_view_(*view_);
  for (Events::Action& action : std::exchange(waiting_, {})) {
    world_.events().at(world_.now(), std::move(action));
  }
}

void Monitor::publish_regularly() {
  publish();
  fetch_history();
  world_.events().after(k_publish_at_least, [this] { publish_regularly(); });
}

}  // namespace tidemark::simulation
