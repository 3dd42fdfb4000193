#include "simulation/client.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "routing/settle.h"

namespace tidemark::simulation {
namespace {

using consistency::Level;
using consistency::node_bit;
using routing::Action;
using routing::Reason;
using std::chrono::milliseconds;

constexpr int k_max_retries = 2;
constexpr Duration k_connect_timeout = milliseconds(40);

}  // namespace

Client::Client(Gateway& gateway, SessionId session)
    : gateway_(gateway),
      id_(session),
      is_pinned_(gateway.world.random().chance(gateway.world.options().pinned)) {
  think();
}

Events::Action Client::if_still(void (Client::*what)()) {
  return [this, what, turn = turn_] {
    if (turn == turn_) (this->*what)();
  };
}

void Client::think() {
  ++turn_;
  gateway_.world.events().after(gateway_.world.options().thinking.draw(random()),
                                if_still(&Client::begin));
}

void Client::begin() {
  plan_ = draw_plan(gateway_.world.options(), random());
  step_ = 0;
  retries_ = 0;
  txn_ = k_first_txn;
  transaction_ = plan_.transaction ? gateway_.recorder.new_transaction() : 0;
  transaction_began_ = step_began_ = now();
  if (random().chance(gateway_.world.options().hand_over)) return hand_over();
  set_request();
  if (is_without(Without::k_asking_when_kept) && goes_on_kept()) return;
  route();
}

// The connection that a pinned client keeps is the only one that it can use.
bool Client::goes_on_kept() {
  if (kept_ == nullptr || gateway_.sessions.find(id_) == nullptr) return false;
  decision_.node = kept_->backend->node;
  decision_.incarnation = kept_->incarnation;
  decision_.reason = Reason::k_primary_needed;
  attach(std::exchange(kept_, nullptr));
  return true;
}

// A statement of its own tells which tables it is about; a transaction may touch any.
void Client::set_request() {
  read_ = written_ = touched_ = {};
  if (plan_.transaction || step().rows.empty()) touched_.add_any();
  for (const Row row : step().rows) touched_.add(table_of(row) + 1);

  const auto last_used = request_.last_used;
  request_ = {};
  request_.last_used = last_used;
  request_.promise = consistency::promise_of(plan_.level);
  request_.tables = tables(touched_);
  request_.needs_primary = plan_.writes || kept_ != nullptr;
  request_.from_standbys = plan_.from_standbys;
  if (plan_.from_standbys) {
    request_.sources = consistency::k_standbys_only;
  } else if (request_.promise.strong) {
    request_.sources = consistency::k_primary_only;
  } else if (random().chance(0.1)) {
    request_.sources.as_primary = 0;
  }
  request_.wait_limit = milliseconds(random().chance(0.5) ? 3 : 50);
  request_.barrier_wait_limit = milliseconds(random().chance(0.5) ? 3 : 50);
  request_.primary_wait_limit = milliseconds(random().chance(0.5) ? 0 : 50);
  request_.otherwise = static_cast<routing::Otherwise>(random().below(3));

  if (is_without(Without::k_floor)) request_.promise = {};
  if (is_without(Without::k_across_tables)) request_.promise.across_tables = false;
  if (is_without(Without::k_bound) && request_.promise.is_bounded()) request_.promise.bound *= 8;
  if (is_without(Without::k_barrier_for_all) && plan_.writes) request_.from_standbys = false;
  if (is_without(Without::k_fresh_sample) && plan_.from_standbys) {
    request_.waiting_since = now() - milliseconds(20);
  }
}

consistency::Tables Client::tables(const consistency::TableSet& set) const {
  constexpr consistency::TableScope k_scope = 1;
  return set.in(k_scope);
}

void Client::route() {
  ++turn_;
  request_.rotation = static_cast<std::uint32_t>(random().below(16));
  if (gateway_.sessions.find(id_) == nullptr) return refuse();
  while (true) {
    const auto view = gateway_.monitor.view();
    decision_ = gateway_.book.decide(request_, session(),
                                     routing::decide(request_, session(), *view, {}, now()));
    decided_on_ = view->version();
    if (decision_.action == Action::k_wait) return wait(decision_);
    if (decision_.action == Action::k_serve) return acquire(decision_.node);
    const bool is_lost =
        decision_.reason == Reason::k_lost_writes || decision_.reason == Reason::k_lost_reads;
    if (!is_lost) return refuse();
    if (!tell(decision_.reason)) return finish();
  }
}

void Client::refuse() {
  Operation refused = operation(Operation::Kind::k_refused);
  refused.ends_transaction = true;
  gateway_.recorder.add(refused);
  finish();
}

// True if the statement goes on all the same.
bool Client::tell(Reason reason) {
  if (reason == Reason::k_lost_writes) {
    session().forgive();
  } else {
    session().forgive_reads();
  }
  if (is_without(Without::k_telling)) return true;
  const bool warns = gateway_.world.options().warns;
  Operation told = operation(reason == Reason::k_lost_writes ? Operation::Kind::k_told_writes
                                                             : Operation::Kind::k_told_reads);
  told.began = told.transaction_began = told.ended;
  told.ends_transaction = !warns;
  gateway_.recorder.add(told);
  return warns;
}

void Client::wait(const routing::Decision& decision) {
  // Otherwise the gateway would ask again and again, without a pause.
  CHECK(decision.until > now() || gateway_.without != Without::k_nothing);
  if (!request_.waiting_since) request_.waiting_since = now();
  const Instant until = std::max(decision.until, now() + std::chrono::microseconds(10));
  gateway_.world.events().at(until, if_still(&Client::route));
  gateway_.monitor.on_next_view(if_still(&Client::route));
  if (decision.wanted != 0) {
    gateway_.monitor.request(decision.wanted, std::min(decision.since, now()));
  }
  if (decision.nudge) gateway_.monitor.nudge();
}

void Client::acquire(NodeIndex node) {
  if (kept_ != nullptr) {
    // What it has there cannot be moved: it ends with it, and begins anew.
    auto kept = std::exchange(kept_, nullptr);
    const bool same = kept->backend->node == node && kept->incarnation == decision_.incarnation;
    return same ? attach(std::move(kept)) : refuse();
  }
  auto& idle = gateway_.idle[node];
  if (idle.empty() || random().chance(0.05)) return open(node);
  ServerConnectionPtr connection = std::move(idle.back());
  idle.pop_back();
  take(std::move(connection));
}

// What is there too late waits for the next one who needs it.
void Client::open(NodeIndex node) {
  gateway_.network.travel(node, [this, node, turn = turn_] {
    auto backend = gateway_.world.connect(node, id_);
    gateway_.network.travel(node, [this, node, turn, backend = std::move(backend)] {
      const bool still = turn == turn_;
      if (backend == nullptr || !gateway_.world.is_alive(*backend)) {
        if (still) node_failed(node);
        return;
      }
      auto connection = std::make_shared<ServerConnection>();
      connection->backend = backend;
      connection->born = now();
      if (still) return take(std::move(connection));
      gateway_.idle[node].push_back(std::move(connection));
    });
  });
  gateway_.world.events().after(k_connect_timeout, [this, node, turn = turn_] {
    if (turn == turn_) node_failed(node);
  });
}

void Client::node_failed(NodeIndex node) {
  request_.excluded |= node_bit(node);
  route();
}

// As Worker::take: the connection must belong to the run that was decided on.
void Client::take(ServerConnectionPtr connection) {
  ++turn_;
  const NodeIndex node = connection->backend->node;
  const auto view = gateway_.monitor.view();
  const topology::NodeView& state = view->node(node);
  if (is_without(Without::k_run_of_connection)) return attach(std::move(connection));
  if (connection->incarnation == 0) {
    connection->incarnation = view->incarnation_of_connection(node, connection->born);
  }
  if (connection->incarnation == 0 && state.admitted()) {
    gateway_.monitor.request(node_bit(node), now());
    return gateway_.monitor.on_next_view([this, turn = turn_, connection]() mutable {
      if (turn == turn_) take(std::move(connection));
    });
  }
  const bool current = connection->incarnation != 0 && connection->incarnation == state.incarnation;
  const bool stands = connection->incarnation == decision_.incarnation && state.admitted() &&
                      (state.role == consistency::Role::k_standby || view->primary() == node);
  if (current && (stands || decided_on_ == view->version())) return attach(std::move(connection));
  if (current) gateway_.idle[node].push_back(std::move(connection));
  route();
}

void Client::attach(ServerConnectionPtr connection) {
  connection_ = std::move(connection);
  connection_->backend->session = id_;
  on_primary_ = gateway_.monitor.view()->primary() == connection_->backend->node;
  request_.last_used = connection_->backend->node;
  run_step();
}

void Client::run_step() {
  ++turn_;
  if (step_ > 0) step_began_ = now();
  if (is_without(Without::k_pinning) && step_ > 0 && !plan_.writes) move_elsewhere();
  tell_of_step();
  const NodeIndex node = connection_->backend->node;
  gateway_.network.travel(node, [this, node, turn = turn_, backend = connection_->backend] {
    if (backend->abandoned) return;
    gateway_.executor.run(backend, step(), [this, node, turn](Outcome outcome) {
      gateway_.network.travel(node, [this, turn, outcome = std::move(outcome)]() mutable {
        if (turn == turn_) answered(std::move(outcome));
      });
    });
  });
  if (random().chance(gateway_.world.options().faults.broken_connection)) {
    gateway_.world.events().after(gateway_.world.options().work.draw(random()),
                                  if_still(&Client::lost));
  }
}

// What it may write must be known before it leaves.
void Client::tell_of_step() {
  if (!plan_.writes && !on_primary_) return;
  consistency::TableSet written;
  if (step().kind == Work::Kind::k_write) written.add(table_of(step().rows.front()) + 1);
  if (step().kind == Work::Kind::k_commit_prepared) written.add_any();
  gateway_.book.begin(under_way_, decision_, tables(written));
}

// What a gateway must not do: the transaction's next statement goes to another standby.
void Client::move_elsewhere() {
  const auto other = static_cast<NodeIndex>(random().below(gateway_.world.size()));
  auto backend = gateway_.world.connect(other, id_);
  if (backend == nullptr || !gateway_.monitor.view()->node(other).admitted()) return;
  connection_ = std::make_shared<ServerConnection>();
  connection_->backend = std::move(backend);
}

void Client::answered(Outcome outcome) {
  if (outcome.txn != k_first_txn) txn_ = outcome.txn;
  if (outcome.kind == Outcome::Kind::k_lost) return lost();
  note_marks(outcome.kind, outcome.on_primary);
  const bool is_last = step_ + 1 == plan_.steps.size();
  const bool failed = outcome.kind == Outcome::Kind::k_failed;
  const bool reads = step().kind == Work::Kind::k_read || step().kind == Work::Kind::k_write;
  Operation done = operation(failed  ? Operation::Kind::k_failed
                             : reads ? Operation::Kind::k_statement
                                     : Operation::Kind::k_commit);
  done.on_primary = outcome.on_primary;
  done.ends_transaction = is_last || failed;
  gateway_.recorder.add(done, outcome.seen);
  if (!is_last && !failed) {
    ++step_;
    return run_step();
  }
  gateway_.book.end(under_way_);
  give_back();
  finish();
}

// Nothing but a read on a standby, outside a transaction, is run again.
void Client::lost() {
  ++turn_;
  gateway_.network.travel(connection_->backend->node, [this, backend = connection_->backend] {
    gateway_.world.hang_up(*backend);
  });
  const bool again = !plan_.writes && !plan_.transaction && !on_primary_;
  if (!again || ++retries_ > k_max_retries) note_marks(Outcome::Kind::k_lost, false);
  gateway_.book.abandon(under_way_);
  connection_.reset();
  if (again && retries_ <= k_max_retries) return route();
  Operation failed = operation(Operation::Kind::k_failed);
  failed.ends_transaction = true;
  gateway_.recorder.add(failed);
  finish();
}

void Client::add_tables() {
  const Work& work = step();
  for (const Row row : work.rows) {
    const consistency::TableId table = is_without(Without::k_table_of_mark)
                                           ? (table_of(row) + 1) % k_tables + 1
                                           : table_of(row) + 1;
    read_.add(table);
    if (work.kind == Work::Kind::k_write) written_.add(table);
  }
  if (work.kind == Work::Kind::k_commit_prepared) written_.add_any();
}

void Client::note_marks(Outcome::Kind kind, bool promoted) {
  add_tables();
  const bool on_primary = on_primary_ || promoted;
  const Instant at = is_without(Without::k_marks_after) ? step_began_ : now();
  const bool skips = kind == Outcome::Kind::k_lost && is_without(Without::k_marks_of_unknown);
  consistency::Session own;
  if (plan_.writes && on_primary && !skips) {
    own.note_write(decision_.node, decision_.incarnation, at, tables(written_));
  }
  own.note_read(decision_.node, decision_.incarnation, at, on_primary, tables(read_));
  push_marks(own, session());
}

void Client::push_marks(consistency::Session& own, consistency::Session& shared) {
  routing::settle(own, *gateway_.monitor.view());
  routing::settle(shared, *gateway_.monitor.view());
  shared.merge(own);
}

void Client::give_back() {
  connection_->backend->snapshot.reset();
  if (is_pinned_ && on_primary_) {
    kept_ = std::move(connection_);
    return;
  }
  gateway_.idle[connection_->backend->node].push_back(std::move(connection_));
}

Operation Client::operation(Operation::Kind kind) const {
  Operation made;
  made.kind = kind;
  made.session = id_;
  made.promised = promised_by(plan_.level);
  made.began = step_began_;
  made.ended = now();
  made.transaction_began = transaction_began_;
  made.transaction = transaction_;
  made.one_snapshot = plan_.repeatable;
  made.txn = txn_;
  made.node = decision_.node;
  made.on_primary = on_primary_;
  made.is_quiet = decision_.reason == Reason::k_quiet;
  made.note = routing::to_string(decision_.reason).data();
  return made;
}

}  // namespace tidemark::simulation
