#include "simulation/executor.h"

namespace tidemark::simulation {
namespace {

// How often a statement looks again whether a lock is free, or a standby has confirmed.
constexpr int k_lock_patience = 40;
constexpr int k_confirmation_patience = 100;

}  // namespace

void Executor::run(std::shared_ptr<Backend> backend, const Work& work, Done done) {
  backend->working = true;
  auto task = std::make_shared<Task>();
  task->backend = std::move(backend);
  task->work = work;
  task->done = std::move(done);
  task->outcome.txn = task->backend->txn;
  next(task, work.kind == Work::Kind::k_read              ? &Executor::read
             : work.kind == Work::Kind::k_write           ? &Executor::write
             : work.kind == Work::Kind::k_commit_prepared ? &Executor::commit_prepared
                                                          : &Executor::commit);
}

void Executor::next(const TaskPtr& task, void (Executor::*step)(const TaskPtr&)) {
  const Options& options = world_.options();
  Duration delay = options.work.draw(world_.random());
  if (world_.random().chance(options.faults.slow_statement)) delay += options.work.tail;
  world_.events().after(delay, [this, task, step] {
    if (world_.is_alive(*task->backend)) return (this->*step)(task);
    task->outcome.kind = Outcome::Kind::k_lost;
    finish(task);
  });
}

void Executor::read(const TaskPtr& task) {
  Backend& backend = *task->backend;
  if (task->work.repeatable && !backend.snapshot) {
    backend.snapshot = world_.server(backend.node).visible();
  }
  for (const Row row : task->work.rows) {
    task->outcome.seen.push_back({row, world_.read(backend, row)});
  }
  next(task, &Executor::answer);
}

void Executor::write(const TaskPtr& task) {
  Backend& backend = *task->backend;
  const Row row = task->work.rows.front();
  if (task->work.repeatable && !backend.snapshot) {
    backend.snapshot = world_.server(backend.node).visible();
  }
  switch (world_.write(backend, row)) {
    case World::Written::k_locked:
      if (++task->patience > k_lock_patience) return fail(task);
      return next(task, &Executor::write);
    case World::Written::k_conflict:
    case World::Written::k_read_only:
      return fail(task);
    case World::Written::k_done:
      break;
  }
  task->outcome.txn = backend.txn;
  const VersionId written = world_.history().transactions[backend.txn].versions.back();
  task->outcome.seen.push_back({row, world_.history().versions[written].parent});
  next(task, task->work.commits ? &Executor::commit : &Executor::answer);
}

void Executor::commit(const TaskPtr& task) {
  Backend& backend = *task->backend;
  if (backend.txn == k_first_txn) {
    backend.snapshot.reset();
    return next(task, &Executor::answer);
  }
  if (task->work.kind == Work::Kind::k_prepare) {
    world_.prepare(backend);
    task->outcome.txn = k_first_txn;
    return next(task, &Executor::answer);
  }
  world_.log_commit(backend);
  next(task, task->work.durability == Durability::k_off ? &Executor::show : &Executor::flush);
}

void Executor::commit_prepared(const TaskPtr& task) {
  if (!world_.server(task->backend->node).is_primary) return fail(task);
  if (!world_.log_commit_prepared(*task->backend)) return fail(task);
  task->outcome.txn = task->backend->txn;
  next(task, &Executor::flush);
}

void Executor::flush(const TaskPtr& task) {
  world_.flush(task->backend->node);
  task->patience = 0;
  next(task, &Executor::wait);
}

// A client that has waited long enough cancels: the commit stands all the same.
void Executor::wait(const TaskPtr& task) {
  Backend& backend = *task->backend;
  backend.waits_for_standby = !world_.is_confirmed(backend, task->work.durability);
  if (!backend.waits_for_standby || ++task->patience > k_confirmation_patience) {
    backend.waits_for_standby = false;
    return next(task, &Executor::show);
  }
  next(task, &Executor::wait);
}

void Executor::show(const TaskPtr& task) {
  world_.show(*task->backend);
  next(task, &Executor::answer);
}

void Executor::answer(const TaskPtr& task) {
  task->outcome.on_primary = world_.server(task->backend->node).is_primary;
  finish(task);
}

void Executor::fail(const TaskPtr& task) {
  world_.roll_back(*task->backend);
  task->outcome.kind = Outcome::Kind::k_failed;
  answer(task);
}

void Executor::finish(const TaskPtr& task) {
  Backend& backend = *task->backend;
  backend.working = false;
  if (backend.abandoned && world_.is_alive(backend)) world_.roll_back(backend);
  task->done(std::move(task->outcome));
}

}  // namespace tidemark::simulation
