// Executor: a server at work on the statements of its clients, step by step, so that anything may
// happen between two steps.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "simulation/world.h"

namespace tidemark::simulation {

struct Work {
  enum class Kind : std::uint8_t {
    k_read,             // of `rows`, in one statement
    k_write,            // of the first of `rows`, which returns what was there before
    k_commit,           // of what was written
    k_prepare,          // PREPARE TRANSACTION
    k_commit_prepared,  // of a transaction that somebody prepared
  };
  Kind kind = Kind::k_read;
  std::vector<Row> rows = {};
  bool repeatable = false;  // the transaction keeps the snapshot of its first statement
  bool commits = false;     // k_write outside a transaction
  Durability durability = Durability::k_on;
};

struct Outcome {
  enum class Kind : std::uint8_t { k_done, k_failed, k_lost };
  Kind kind = Kind::k_done;
  std::vector<Seen> seen;
  Txn txn = k_first_txn;  // what it wrote under
  bool on_primary = false;
};

class Executor {
 public:
  using Done = std::function<void(Outcome)>;

  explicit Executor(World& world) : world_(world) {}

  // Calls back once, on the server's side of the network.
  void run(std::shared_ptr<Backend> backend, const Work& work, Done done);

 private:
  // One statement under way.
  struct Task {
    std::shared_ptr<Backend> backend;
    Work work;
    Done done;
    Outcome outcome;
    int patience = 0;
  };
  using TaskPtr = std::shared_ptr<Task>;

  void next(const TaskPtr& task, void (Executor::*step)(const TaskPtr&));
  void read(const TaskPtr& task);
  void write(const TaskPtr& task);
  void commit(const TaskPtr& task);
  void commit_prepared(const TaskPtr& task);
  void flush(const TaskPtr& task);
  void wait(const TaskPtr& task);
  void show(const TaskPtr& task);
  void answer(const TaskPtr& task);
  void fail(const TaskPtr& task);
  void finish(const TaskPtr& task);

  World& world_;
};

}  // namespace tidemark::simulation
