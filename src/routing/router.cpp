#include "routing/router.h"

#include <algorithm>
#include <bit>

#include "routing/balance.h"
#include "routing/floor.h"
#include "routing/settle.h"

namespace tidemark::routing {

using consistency::k_no_node;
using consistency::node_bit;
using consistency::NodeIndex;
using consistency::NodeSet;
using consistency::Session;
using topology::ClusterView;

namespace {

// A node sampled within this time is not asked for another sample at once.
constexpr Duration k_resample = std::chrono::microseconds(500);

// A read that only the primary may serve.
bool is_read_of_primary(const Request& request) {
  return (request.promise.strong && !request.from_standbys) || !request.sources.any_standby();
}

// One for the sample that tells what a mark amounts to; the other is what it may be late by.
constexpr int k_round_trips = 2;

// With longer to wait than this, the regular samples will do.
constexpr Duration k_soon = std::chrono::milliseconds(2);

class Deciding {
 public:
  Deciding(const Request& request, const Session& session, const ClusterView& view,
           std::span<const NodeLoad> loads, Instant now)
      : request_(request),
        view_(view),
        loads_(loads),
        now_(now),
        since_(request.waiting_since.value_or(now)),
        floor_(request, session, view, since_) {}

  Decision read_anywhere() const;
  Decision read() const;
  Decision read_primary() const;
  Decision at_primary(Reason reason, Instant barrier_deadline) const;
  Decision at_primary() const { return at_primary(Reason::k_primary_needed, barrier_deadline()); }

 private:
  Instant deadline() const { return since_ + wait_limit(); }
  // Where the primary is far away, going there instead would take longer than the configured wait,
  // and would hold up the session's next read just as long.
  Duration wait_limit() const {
    if (request_.wait_limit == Duration::zero() || !view_.has_primary()) return request_.wait_limit;
    const Duration there = k_round_trips * view_.node(view_.primary()).latency;
    return std::max(request_.wait_limit, std::min(there, request_.within));
  }
  Instant barrier_deadline() const { return since_ + request_.barrier_wait_limit; }

  NodeSet standbys() const {
    return view_.standbys() & request_.sources.as_standby & ~request_.excluded;
  }
  bool may_use_primary() const {
    return request_.otherwise == Otherwise::k_primary && is_primary_allowed();
  }
  // As the source of a read.
  bool is_primary_allowed() const {
    const consistency::Sources& sources = request_.sources;
    if (!view_.has_primary()) return sources.any_primary();
    return (sources.as_primary & node_bit(view_.primary())) != 0;
  }
  // Standbys get only what the primary has flushed (anomaly P6).
  bool wants_nudge() const {
    return view_.has_primary() && floor_.lsn() > view_.node(view_.primary()).flush;
  }
  bool minds_session() const { return request_.promise.writes || request_.promise.reads; }
  // Why there is no node for it although it needs none in particular.
  Reason why_none() const {
    const bool has_standby = (view_.standbys() & ~request_.excluded) != 0;
    const bool has_primary =
        view_.has_primary() && (request_.excluded & node_bit(view_.primary())) == 0;
    return has_standby || has_primary ? Reason::k_none_allowed : Reason::k_no_node;
  }
  // A standby that covers the floor, and why.
  struct Found {
    NodeIndex node = k_no_node;
    Reason reason = Reason::k_covers;
  };
  Found covering(NodeSet able) const;
  Found covering_of_busier(NodeSet able) const;
  Decision read_far(const Found& found, NodeSet nearer) const;
  Decision serve_unless_beyond_primary(const Found& found) const;
  Decision serve(NodeIndex node, Reason reason) const;
  Decision refuse(Reason reason) const;
  Decision wait(Reason reason, Instant deadline, NodeSet wanted, Instant since = k_never) const;
  bool is_sampled_since(NodeSet nodes, Instant since) const;
  Decision without_primary() const;
  Decision none_covers(NodeSet standbys) const;
  Decision without_standby() const;
  Decision wait_for_cover(NodeSet standbys, Instant deadline) const;

  const Request& request_;
  const ClusterView& view_;
  const std::span<const NodeLoad> loads_;
  const Instant now_;
  const Instant since_;
  const Floor floor_;
};

Decision Deciding::serve(NodeIndex node, Reason reason) const {
  return {.action = Action::k_serve,
          .reason = reason,
          .node = node,
          .incarnation = view_.node(node).incarnation,
          .floor = floor_.lsn()};
}

Decision Deciding::refuse(Reason reason) const {
  return {.action = Action::k_refuse, .reason = reason, .floor = floor_.lsn()};
}

bool Deciding::is_sampled_since(NodeSet nodes, Instant since) const {
  for (NodeSet left = nodes; left != 0; left &= left - 1) {
    if (view_.node(static_cast<NodeIndex>(std::countr_zero(left))).sampled_at < since) return false;
  }
  return true;
}

// Until there is a sample of each of the nodes that was sent at `since` or later, no more than that
// is asked for. After that, samples of those nodes only whose latest is old enough; the view that
// it brings wakes the waiter. Otherwise the waiter comes back when it is.
Decision Deciding::wait(Reason reason, Instant deadline, NodeSet wanted, Instant since) const {
  Decision decision{
      .action = Action::k_wait, .reason = reason, .floor = floor_.lsn(), .until = deadline};
  if (since != k_never && !is_sampled_since(wanted, since)) {
    decision.since = since;
    for (NodeSet left = wanted; left != 0; left &= left - 1) {
      const NodeSet one = left & -left;
      if (!is_sampled_since(one, since)) decision.wanted |= one;
    }
    return decision;
  }
  decision.since = now_ - k_resample;
  for (NodeSet left = wanted; left != 0; left &= left - 1) {
    const auto node = static_cast<NodeIndex>(std::countr_zero(left));
    const Instant fresh_until = view_.node(node).sampled_at == Instant::min()
                                    ? now_
                                    : view_.node(node).sampled_at + k_resample;
    if (fresh_until <= now_) {
      decision.wanted |= node_bit(node);
    } else {
      decision.until = std::min(decision.until, fresh_until);
    }
  }
  return decision;
}

Decision Deciding::read_anywhere() const {
  const NodeSet able = standbys();
  for (const NodeSet ring : view_.rings()) {
    if ((able & ring) == 0) continue;
    const NodeIndex standby = least_loaded(able & ring, request_, loads_);
    return serve_unless_beyond_primary({standby, Reason::k_any_standby});
  }
  if (!may_use_primary()) return without_standby();
  return at_primary(Reason::k_no_standby, barrier_deadline());
}

Decision Deciding::read_primary() const {
  return is_primary_allowed() ? at_primary() : refuse(why_none());
}

// The nearest that cover have it; of these, the least loaded.
Decision Deciding::read() const {
  const NodeSet able = standbys() & floor_.candidates();
  NodeSet nearer = 0;
  for (const NodeSet ring : view_.rings()) {
    const Found found = covering(able & ring);
    if (found.node != k_no_node) return read_far(found, standbys() & nearer);
    nearer |= ring;
  }
  return none_covers(standbys());
}

// Mostly one of the least loaded covers, and few need to be asked.
Deciding::Found Deciding::covering(NodeSet able) const {
  const NodeSet idlest = least_loaded_of(able, request_, loads_);
  NodeIndex node = preferred_of(idlest, request_);
  for (NodeSet left = idlest; left != 0; node = next_of(left, node)) {
    const auto answer = floor_.answer(node);
    if (answer == Floor::Answer::k_covers) return {node, Reason::k_covers};
    if (answer == Floor::Answer::k_same_run) return {node, Reason::k_same_standby};
    left &= ~node_bit(node);
  }
  return covering_of_busier(able & ~idlest);
}

Deciding::Found Deciding::covering_of_busier(NodeSet able) const {
  NodeSet covering = 0;
  NodeSet same_run = 0;
  for (NodeSet left = able; left != 0; left &= left - 1) {
    const auto node = static_cast<NodeIndex>(std::countr_zero(left));
    const auto answer = floor_.answer(node);
    if (answer == Floor::Answer::k_covers) covering |= node_bit(node);
    if (answer == Floor::Answer::k_same_run) same_run |= node_bit(node);
  }
  const NodeIndex best = least_loaded(covering | same_run, request_, loads_);
  const bool covers = best != k_no_node && (covering & node_bit(best)) != 0;
  return {best, covers ? Reason::k_covers : Reason::k_same_standby};
}

// None of those that are nearer covers. One that will cover before the farther one would have
// answered twice is waited for: the reads that follow will find it near.
Decision Deciding::read_far(const Found& found, NodeSet nearer) const {
  const Duration there = k_round_trips * view_.node(found.node).distance;
  const Instant limit = std::min(deadline(), since_ + there);
  if (nearer != 0 && now_ < limit) {
    const Decision waiting = wait_for_cover(nearer, limit);
    if (waiting.action == Action::k_wait) return waiting;
  }
  return serve_unless_beyond_primary(found);
}

Decision Deciding::serve_unless_beyond_primary(const Found& found) const {
  const bool is_beyond = (view_.beyond_primary() & node_bit(found.node)) != 0;
  if (is_beyond && may_use_primary()) {
    const Decision there = at_primary(Reason::k_primary_nearer, barrier_deadline());
    if (there.action == Action::k_serve) return there;
  }
  return serve(found.node, found.reason);
}

// Waiting comes first where it will not take too long; then the policy's word.
Decision Deciding::none_covers(NodeSet standbys) const {
  const auto reason = standbys == 0 ? Reason::k_no_standby : Reason::k_none_covers;
  if (now_ < deadline() && standbys != 0) {
    const Decision waiting = wait_for_cover(standbys, deadline());
    if (waiting.action == Action::k_wait) return waiting;
  }
  if (!may_use_primary()) return without_standby();
  // The barrier gets its own share of patience, as the standbys may have used up theirs.
  return at_primary(reason, barrier_deadline() + wait_limit());
}

// The policy keeps such reads off the primary.
Decision Deciding::without_standby() const {
  if (request_.otherwise == Otherwise::k_wait && now_ < deadline()) {
    Decision decision =
        wait(Reason::k_wait_for_cover, deadline(), floor_.wanted(), floor_.wanted_since());
    decision.expected = deadline() - now_;
    decision.nudge = wants_nudge();
    return decision;
  }
  return refuse(standbys() == 0 ? why_none() : Reason::k_not_covered);
}

// Refuses if no standby will cover in time.
Decision Deciding::wait_for_cover(NodeSet standbys, Instant deadline) const {
  NodeIndex soonest = k_no_node;
  auto shortest = Duration::max();
  for (NodeSet left = standbys; left != 0; left &= left - 1) {
    const auto node = static_cast<NodeIndex>(std::countr_zero(left));
    const auto time = floor_.time_to_cover(node, now_);
    if (!time || *time >= shortest) continue;
    soonest = node;
    shortest = *time;
    if (shortest <= Duration(0)) break;
  }
  if (soonest == k_no_node || shortest > deadline - now_) return refuse(Reason::k_not_covered);

  NodeSet wanted = floor_.wanted();
  if (shortest <= k_soon) wanted |= node_bit(soonest);
  const auto reason = floor_.has_pending() ? Reason::k_wait_for_mark : Reason::k_wait_for_cover;
  const Instant since = floor_.has_pending() ? floor_.wanted_since() : k_never;
  Decision decision = wait(reason, deadline, wanted, since);
  if (shortest > k_soon) decision.until = std::min(decision.until, now_ + shortest);
  decision.node = soonest;
  decision.expected = shortest;
  decision.nudge = wants_nudge();
  return decision;
}

Decision Deciding::without_primary() const {
  const Instant deadline = since_ + request_.primary_wait_limit;
  if (now_ < deadline) return wait(Reason::k_wait_for_primary, deadline, 0);
  if (request_.needs_primary || is_read_of_primary(request_)) return refuse(Reason::k_no_primary);
  return refuse(standbys() == 0 ? why_none() : Reason::k_not_covered);
}

Decision Deciding::at_primary(Reason reason, Instant barrier_deadline) const {
  const NodeIndex primary = view_.primary();
  if (primary == k_no_node || (request_.excluded & node_bit(primary)) != 0) {
    return without_primary();
  }
  if (!minds_session()) return serve(primary, reason);
  if (floor_.is_fate_open()) {
    if (now_ >= barrier_deadline) return refuse(Reason::k_fate_unknown);
    return wait(Reason::k_wait_for_mark, barrier_deadline, floor_.wanted(), floor_.wanted_since());
  }
  if (!floor_.is_behind_barrier()) return serve(primary, reason);
  if (now_ >= barrier_deadline) return refuse(Reason::k_behind_barrier);
  const auto opening = floor_.opening();
  Decision decision =
      wait(Reason::k_wait_for_barrier, barrier_deadline, opening.wanted, opening.since);
  decision.node = primary;
  decision.nudge = opening.fence;
  return decision;
}

}  // namespace

Decision decide(const Request& request, Session& session, const ClusterView& view,
                std::span<const NodeLoad> loads, Instant now) {
  settle(session, view);
  const consistency::Promise& promise = request.promise;
  if (session.lost_writes() && promise.writes) {
    return {.action = Action::k_refuse, .reason = Reason::k_lost_writes};
  }
  if (session.lost_reads() && promise.reads) {
    return {.action = Action::k_refuse, .reason = Reason::k_lost_reads};
  }

  const Deciding deciding(request, session, view, loads, now);
  if (request.needs_primary) return deciding.at_primary();
  if (is_read_of_primary(request)) return deciding.read_primary();
  if (promise.empty()) return deciding.read_anywhere();
  return deciding.read();
}

}  // namespace tidemark::routing
