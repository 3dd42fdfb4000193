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

void Monitor::connect(NodeIndex node) {
  Probe& probe = probes_[node];
  const auto attempt = probe.attempt + 1;
  probe = {.state = State::k_connecting,
           .attempt = attempt,
           .connection = probe.connection + 1,
           .pause = probe.pause,
           .wanted = probe.wanted,
           .under_way = {},
           .asked = probe.asked};
  world_.events().after(world_.options().probe_timeout, [this, node, attempt] {
    const Probe& late = probes_[node];
    if (late.attempt == attempt && late.state == State::k_connecting) fail(node);
  });
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
    if (probe.attempt != attempt || probe.state != State::k_connecting) return;
    probe.state = State::k_ready;
    schedule(node);
  });
}

Instant Monitor::next_sample(const Probe& probe) const {
  if (probe.sent_at == Instant::min()) return world_.now();
  const Instant regular = probe.sent_at + world_.options().sample_interval;
  if (probe.wanted <= probe.sent_at) return regular;
  return std::min(regular, probe.sent_at + k_least_sample_gap);
}

void Monitor::schedule(NodeIndex node) {
  const Probe& probe = probes_[node];
  if (probe.state != State::k_ready) return;
  world_.events().at(std::max(next_sample(probe), world_.now()),
                     [this, node, attempt = probe.attempt, asked = probe.asked] {
                       const Probe& due = probes_[node];
                       if (due.attempt != attempt || due.asked != asked) return;
                       if (due.under_way.size() < world_.options().samples_under_way) send(node);
                     });
}

void Monitor::send(NodeIndex node) {
  Probe& probe = probes_[node];
  const auto attempt = probe.attempt;
  const auto number = ++probe.asked;
  probe.sent_at = world_.now();
  probe.under_way.push_back({.sent_at = probe.sent_at,
                             .question = probe.question,
                             .inquiry = probe.is_standby ? cluster_.inquiry() : topology::Inquiry(),
                             .sample = {}});
  probe.under_way.back().sample.node = node;
  world_.events().after(world_.options().probe_timeout, [this, node, attempt, number] {
    const Probe& late = probes_[node];
    const bool is_back = number <= late.asked - late.under_way.size();
    if (late.attempt == attempt && !is_back) fail(node);
  });
  network_.travel(node, [this, node, attempt] {
    if (probes_[node].attempt != attempt) return;
    ++probes_[node].arrived;
    take_up(node);
  });
  schedule(node);
}

// The server begins with the next question, if it has one and is done with the last.
void Monitor::take_up(NodeIndex node) {
  Probe& probe = probes_[node];
  if (probe.is_working || probe.arrived == 0) return;
  --probe.arrived;
  probe.is_working = true;
  const bool snapshot_first = is_snapshot_first(probe.current());
  on_server(node, snapshot_first ? &Monitor::ask_snapshot : &Monitor::ask_position);
}

// The role decides what the rest means (anomaly F4).
void Monitor::ask_position(NodeIndex node) {
  Asked& asked = probes_[node].current();
  consistency::Sample& sample = asked.sample;
  const Server& server = world_.server(node);
  sample.postmaster_started_us = 1 + node;
  sample.checkpointer_started_us = server.run;
  sample.system_identifier = k_system;
  sample.role = server.is_primary ? Role::k_primary : Role::k_standby;
  sample.timeline = server.timeline;
  asked.reign = server.reign;
  const bool streams = !server.is_primary && world_.is_streaming(server);
  asked.tells_nothing = (asked.question == Question::k_standby && !streams) ||
                        (asked.question == Question::k_primary && !server.is_primary);
  if (server.is_primary) {
    sample.insert = consistency::round_down_off_page_header(server.insert_position(), k_page_bytes,
                                                            k_segment_bytes);
    // The file's name is not asked for again.
    if (asked.question == Question::k_primary) sample.timeline = 0;
  } else {
    sample.applied = server.end_of(server.reported);
  }
  work(node, &Monitor::ask_second_position);
}

void Monitor::ask_second_position(NodeIndex node) {
  Asked& asked = probes_[node].current();
  consistency::Sample& sample = asked.sample;
  const Server& server = world_.server(node);
  if (sample.role == Role::k_primary) {
    sample.flush = server.end_of(server.flushed);
  } else {
    // Without a WAL receiver that is what the last one got: these servers have no archive.
    const bool received = !server.is_primary && server.received_in == server.run;
    const auto receive = received ? std::optional(server.end_of(server.log.size())) : std::nullopt;
    sample.reached = consistency::reached_by(sample.applied, receive);
    ask_timeline(node);
    const bool streams = !server.is_primary && world_.is_streaming(server);
    asked.tells_nothing |= asked.question == Question::k_standby && !streams;
  }
  is_snapshot_first(asked) ? answer(node) : work(node, &Monitor::ask_snapshot);
}

// Without a WAL receiver: what the control file says, and which timeline's files there are. So,
// too, if it has been promoted in between.
void Monitor::ask_timeline(NodeIndex node) {
  consistency::Sample& sample = probes_[node].current().sample;
  const Server& server = world_.server(node);
  const Timeline newest = server.log.back().timeline;
  if (!server.is_primary && world_.is_streaming(server)) {
    sample.timeline = newest;
    sample.streams = true;
    return;
  }
  sample.timeline = server.log[server.restart_point - 1].timeline;
  sample.timeline_at_most = newest;
  if (is_without(Without::k_log_files)) sample.timeline_at_most = 0;
}

// The snapshot of the second statement, whatever the server has become since the first.
void Monitor::ask_snapshot(NodeIndex node) {
  consistency::Snapshot& snapshot = probes_[node].current().sample.snapshot;
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
  Asked& asked = probes_[node].current();
  consistency::Snapshot& snapshot = asked.sample.snapshot;
  const Server& server = world_.server(node);
  const topology::Inquiry& inquiry = asked.inquiry;
  if (!inquiry.xids.empty()) {
    const auto is_running = [&server](Xid xid) {
      if (!server.is_primary) return server.replayed.is_running(xid);
      return std::ranges::find(server.running, xid, &Server::Running::xid) != server.running.end();
    };
    const auto ask = [&](Xid xid) {
      if (xid < snapshot.xmax && is_running(xid)) snapshot.running.push_back(xid);
    };
    for (const Xid xid : inquiry.xids) ask(xid);
    const Xid end = std::min(snapshot.xmax, inquiry.from + topology::k_max_inquired_range);
    for (Xid xid = inquiry.from; xid < end; ++xid) ask(xid);
  }
  is_snapshot_first(asked) ? work(node, &Monitor::ask_position) : answer(node);
}

void Monitor::answer(NodeIndex node) {
  Probe& probe = probes_[node];
  ++probe.answered;
  probe.is_working = false;
  network_.travel(node, [this, node, attempt = probe.attempt] {
    if (probes_[node].attempt == attempt) take(node);
  });
  take_up(node);
}

// An answer is here, which is that to the oldest question.
void Monitor::take(NodeIndex node) {
  Probe& probe = probes_[node];
  Asked asked = std::move(probe.under_way.front());
  probe.under_way.pop_front();
  --probe.answered;
  if (asked.tells_nothing) {
    probe.question = Question::k_anything;
    probe.wanted = world_.now();
    return schedule(node);
  }
  consistency::Sample& sample = asked.sample;
  probe.timeline = std::max(probe.timeline, sample.timeline);
  probe.is_standby = sample.role == Role::k_standby;
  const bool streams = probe.is_standby && sample.timeline_at_most == 0;
  probe.question = !probe.is_standby ? Question::k_primary
                   : streams         ? Question::k_standby
                                     : Question::k_anything;
  sample.timeline = probe.timeline;
  sample.connection = probe.connection;
  sample.sent_at = is_without(Without::k_own_question) ? probe.sent_at : asked.sent_at;
  sample.received_at = world_.now();
  if (node == fenced_node_ && probe.connection == fenced_connection_ &&
      fenced_at_ <= sample.sent_at) {
    sample.fence = fence_;
  }
  if (sample.role == Role::k_primary) world_.make_known(asked.reign);
  distort(sample);
  cluster_.on_sample(sample);
  probe.pause = k_first_retry;
  publish();
  schedule(node);
  fetch_history();
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
  probe.sent_at = Instant::min();
  cluster_.on_failure(node);
  publish();
  world_.events().after(probe.pause, [this, node, attempt] {
    if (probes_[node].attempt == attempt) connect(node);
  });
  probe.pause = std::min(2 * probe.pause, k_longest_retry);
}

void Monitor::request(consistency::NodeSet nodes, Instant since) {
  for (NodeIndex node = 0; node < probes_.size(); ++node) {
    Probe& probe = probes_[node];
    if ((nodes & consistency::node_bit(node)) == 0 || since <= probe.sent_at) continue;
    const bool is_asked = probe.wanted > probe.sent_at;
    probe.wanted = std::max(probe.wanted, since);
    if (!is_asked) schedule(node);
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
        request(~consistency::NodeSet{0}, fenced_at_);
      }
      if (nudge_requested_) world_.events().at(next_nudge_, [this] { nudge(); });
    });
  });
}

void Monitor::fetch_history() {
  const auto wish = cluster_.wants_history();
  if (!wish || fetching_) return;
  fetching_ = true;
  network_.travel(wish->node, [this, wish = *wish] {
    const Server& server = world_.server(wish.node);
    std::optional<consistency::History> history;
    if (server.up && server.log.back().timeline >= wish.timeline) {
      history = world_.ancestors(wish.timeline);
    }
    if (world_.random().chance(world_.options().faults.failed_history)) history.reset();
    if (history && is_without(Without::k_history)) {
      history = consistency::History();
      for (Timeline later = wish.timeline; later > 1; --later) {
        history->add({later, later - 1, Lsn{~std::uint64_t{0}}});
      }
    }
    network_.travel(wish.node, [this, wish, history = std::move(history)] {
      fetching_ = false;
      cluster_.on_history(wish.node, wish.timeline, history);
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
