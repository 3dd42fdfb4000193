#include "gateway/monitor_loop.h"

#include <poll.h>

#include <algorithm>

#include "gateway/log.h"
#include "net/clock.h"

namespace tidemark::gateway {
namespace {

// A view is published at least this often, so that nodes that have fallen silent go stale.
constexpr Duration k_publish_at_least = std::chrono::milliseconds(100);

topology::Cluster::Options options_of(const Config& config) {
  topology::Cluster::Options options;
  options.stale_after = std::max({options.stale_after, 2 * config.monitor.timeout,
                                  config.monitor.interval + config.monitor.timeout});
  return options;
}

}  // namespace

MonitorLoop::MonitorLoop(const Config& config, std::function<void()> on_publish)
    : board_(std::move(on_publish)),
      asked_(config.origin.nodes.size()),
      cluster_(config.origin.nodes, options_of(config)),
      stirred_at_(net::now()) {
  for (consistency::NodeIndex node = 0; node < config.origin.nodes.size(); ++node) {
    ServerTarget target = ServerTarget::of(config, config.origin.nodes[node]);
    target.application_name = "tidemark monitor";
    target.options = sampling_options(target.timeout);
    probes_.emplace_back(node, std::move(target), config.monitor.interval);
  }
  view_ = cluster_.view(net::now());
  board_.publish(view_);
}

void MonitorLoop::request(consistency::NodeSet nodes, Instant since) {
  bool is_new = false;
  for (std::size_t node = 0; node < asked_.size(); ++node) {
    if ((nodes & consistency::node_bit(static_cast<consistency::NodeIndex>(node))) == 0) continue;
    // One that is under way will do; the view that comes of it wakes whoever waits.
    if (since <= asked_[node].sent_at.load()) continue;
    std::atomic<Instant>& asked = asked_[node].since;
    Instant before = asked.load();
    while (before < since && !asked.compare_exchange_weak(before, since)) {
    }
    is_new |= before < since;
  }
  if (is_new && !is_asked_.exchange(true)) wakeup_.wake();
}

void MonitorLoop::request_nudge() {
  if (!nudge_requested_.exchange(true, std::memory_order_acq_rel)) wakeup_.wake();
}

void MonitorLoop::stir() {
  if (stirred_.load(std::memory_order_relaxed)) return;
  stirred_.store(true);
  if (dozing_.load()) wakeup_.wake();
}

void MonitorLoop::ask_to_stop() {
  stopping_ = true;
  wakeup_.wake();
}

void MonitorLoop::run() {
  while (!stopping_) turn();
}

void MonitorLoop::turn() {
  take_requests();
  doze_or_wake();
  tick_probes(net::now());
  if (changed_ || net::now() >= published_at_ + k_publish_at_least) publish(net::now());
  tick_errands(net::now());
  sleep(net::now());
  const Instant now = net::now();
  for (std::size_t i = 0; i < probes_.size(); ++i) {
    if (polled_[i].revents != 0) advance(now, i);
  }
  advance_errands(now);
}

void MonitorLoop::take_requests() {
  if (is_asked_.exchange(false)) {
    for (std::size_t node = 0; node < probes_.size(); ++node) {
      probes_[node].request(asked_[node].since.load());
    }
  }
  if (nudge_requested_.exchange(false, std::memory_order_acq_rel)) nudge_.request();
}

// It says that it dozes before it looks whether it may: who comes in between wakes it.
void MonitorLoop::doze_or_wake() {
  const Instant now = net::now();
  bool dozes = now - stirred_at_ >= k_doze_after;
  if (dozes != dozing_.load()) dozing_.store(dozes);
  if (stirred_.load() && stirred_.exchange(false)) {
    stirred_at_ = now;
    if (dozes) dozing_.store(dozes = false);
  }
  for (NodeProbe& probe : probes_) probe.set_dozing(dozes);
}

void MonitorLoop::tick_probes(Instant now) {
  const topology::Inquiry inquiry = cluster_.inquiry();
  const bool along = std::ranges::any_of(
      probes_, [now](const NodeProbe& probe) { return probe.is_sample_due(now); });
  for (consistency::NodeIndex node = 0; node < probes_.size(); ++node) {
    const auto done = probes_[node].tick(now, inquiry, along);
    if (!done) on_failure(node, done.error());
    asked_[node].sent_at.store(probes_[node].sent_at());
  }
}

// The view is up to date with the cluster here: both are of the same primary.
void MonitorLoop::tick_errands(Instant now) {
  if (const auto wish = cluster_.wants_history(); wish && !history_.running()) {
    history_from_ = wish->node;
    history_.start(probes_[wish->node].target(), wish->timeline, now);
  }
  const consistency::NodeIndex primary = view_->primary();
  if (primary == consistency::k_no_node) return;
  const NodeProbe& probe = probes_[primary];
  nudge_.tick(probe.target(), {.node = primary, .connection = probe.connection()}, now);
}

void MonitorLoop::sleep(Instant now) {
  polled_.clear();
  for (const NodeProbe& probe : probes_) {
    polled_.push_back({.fd = probe.fd(), .events = probe.wanted_events(), .revents = 0});
  }
  polled_.push_back({.fd = nudge_.fd(), .events = nudge_.wanted_events(), .revents = 0});
  polled_.push_back({.fd = history_.fd(), .events = history_.wanted_events(), .revents = 0});
  polled_.push_back({.fd = wakeup_.fd(), .events = POLLIN, .revents = 0});

  const Duration left = std::max(next_deadline() - now, Duration::zero());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  const timespec timeout{.tv_sec = static_cast<time_t>(seconds.count()),
                         .tv_nsec = static_cast<long>((left - seconds).count())};
  const int ready = ppoll(polled_.data(), polled_.size(), &timeout, nullptr);
  if (ready <= 0) {
    for (pollfd& entry : polled_) entry.revents = 0;
  } else if (polled_.back().revents != 0) {
    wakeup_.drain();
  }
}

Instant MonitorLoop::next_deadline() const {
  Instant next = published_at_ + k_publish_at_least;
  for (const NodeProbe& probe : probes_) next = std::min(next, probe.deadline());
  // Without a primary nothing can be nudged: the request waits for one.
  if (view_->has_primary()) next = std::min(next, nudge_.deadline());
  return std::min(next, history_.deadline());
}

void MonitorLoop::advance(Instant now, std::size_t index) {
  const auto node = static_cast<consistency::NodeIndex>(index);
  if (const auto done = probes_[index].advance(now); !done) return on_failure(node, done.error());
  while (true) {
    auto taken = probes_[index].take(now);
    if (!taken) return on_failure(node, taken.error());
    if (!*taken) return;
    consistency::Sample& sample = **taken;
    // Whether the fence was committed before this sample was sent, on this very run.
    const Nudge::Run run{.node = node, .connection = sample.connection};
    if (run == fenced_run_ && fenced_at_ <= sample.sent_at) sample.fence = fence_;
    cluster_.on_sample(sample);
    changed_ = true;
  }
}

void MonitorLoop::advance_errands(Instant now) {
  const std::size_t nudge = probes_.size();
  const std::size_t history = nudge + 1;
  if (polled_[nudge].revents != 0 || now >= nudge_.deadline()) {
    if (const auto outcome = nudge_.advance(now)) on_nudged(*outcome);
  }
  if (polled_[history].revents == 0 && now < history_.deadline()) return;
  const auto timeline = history_.timeline();
  if (auto outcome = history_.advance(now)) {
    const std::string& address = probes_[history_from_].target().address;
    if (*outcome) {
      log_info("timeline_history", {{"node", address}, {"timeline", *timeline}});
      cluster_.on_history(history_from_, *timeline, std::move(**outcome));
    } else {
      log_.note_unknown_history(address, *timeline, outcome->error().message);
      cluster_.on_history(history_from_, *timeline, std::nullopt);
    }
    changed_ = true;
  }
}

void MonitorLoop::on_failure(consistency::NodeIndex node, const Error& why) {
  log_.note_failure(node, probes_[node].target().address, why.message);
  cluster_.on_failure(node);
  if (history_from_ == node) history_.cancel();
  changed_ = true;
}

void MonitorLoop::on_nudged(const Nudge::Outcome& outcome) {
  if (!outcome.fence) {
    log_warning("nudge_failed", {{"reason", outcome.fence.error().message}});
    return;
  }
  fence_ = *outcome.fence;
  fenced_run_ = outcome.run;
  fenced_at_ = net::now();
  // Whoever wanted the nudge waits for what comes of it.
  for (NodeProbe& probe : probes_) probe.request(fenced_at_);
}

void MonitorLoop::publish(Instant now) {
  auto next = cluster_.view(now);
  log_.note(*view_, *next);
  view_ = next;
  changed_ = false;
  published_at_ = now;
  board_.publish(std::move(next));
}

}  // namespace tidemark::gateway
