// Random histories of one store that does everything right, for tests: sessions, snapshots,
// transactions, messages, writes without an answer; and reads of older states, as asked for.
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "audit/history/history.h"
#include "base/random.h"

namespace tidemark::audit::testing {

struct Shape {
  std::size_t operations = 200;
  SessionId sessions = 4;
  std::uint32_t keys = 3;  // of each kind of row
  double maybes = 0.03;
  double messages = 0.1;
  std::uint64_t most_rows = 3;  // in one operation
};

class SerialStore {
 public:
  SerialStore(Random& random, const Shape& shape) : random_(&random), shape_(shape) {
    for (std::uint32_t key = 0; key < shape.keys; ++key) {
      for (const RowKind kind : {RowKind::k_register, RowKind::k_counter, RowKind::k_list}) {
        history_.rows.push_back({kind, key});
      }
    }
    state_.resize(history_.rows.size());
    items_.resize(history_.rows.size());
    free_at_.resize(shape.sessions);
  }

  History run() && {
    while (history_.operations.size() < shape_.operations) step();
    for (RowId row = 0; row < state_.size(); ++row) {
      history_.last.push_back(state_[row]);
      if (history_.rows[row].kind == RowKind::k_list) {
        history_.last_lists.push_back({row, items_[row]});
      }
    }
    return std::move(history_);
  }

 private:
  // Everything takes effect at one instant, in this very order; what is around it may overlap.
  void step() {
    const auto session = static_cast<SessionId>(random_->below(shape_.sessions));
    now_ = std::max(now_, free_at_[session]) + Duration(1 + random_->below(1000));
    Operation operation;
    operation.session = session;
    const auto slack = static_cast<std::uint64_t>((now_ - free_at_[session]).count());
    operation.started = now_ - Duration(random_->below(std::min<std::uint64_t>(slack, 3000)));
    operation.ended = now_ + Duration(random_->below(3000));
    free_at_[session] = operation.ended + Duration(1);
    if (random_->chance(shape_.messages)) return message(operation);
    random_->chance(0.4) ? write(operation) : read(operation);
    history_.operations.push_back(std::move(operation));
  }

  std::vector<RowId> some_rows() {
    std::vector<RowId> rows;
    for (std::uint64_t i = 1 + random_->below(shape_.most_rows); i > 0; --i) {
      rows.push_back(static_cast<RowId>(random_->below(state_.size())));
    }
    std::ranges::sort(rows);
    rows.erase(std::ranges::unique(rows).begin(), rows.end());
    return rows;
  }

  void read(Operation& operation) {
    for (const RowId row : some_rows()) {
      operation.seen.push_back(state_[row]);
      operation.seen.back().row = row;
      const bool with_items = history_.rows[row].kind == RowKind::k_list &&
                              items_[row].size() <= 100 && random_->chance(0.3);
      if (with_items) operation.lists.push_back({row, items_[row]});
    }
    if (operation.seen.size() > 1) operation.kind = OperationKind::k_read_transaction;
  }

  void write(Operation& operation) {
    operation.kind = OperationKind::k_write;
    const bool is_maybe = random_->chance(shape_.maybes);
    const bool happens = !is_maybe || random_->chance(0.5);
    if (is_maybe) operation.outcome = Outcome::k_maybe;
    for (const RowId row : some_rows()) {
      const WriteId writer = ++writes_;
      operation.puts.push_back(
          {row, is_maybe ? k_unknown_version : state_[row].version + 1, writer});
      if (!happens) continue;
      state_[row] = {row, state_[row].version + 1, writer};
      if (history_.rows[row].kind == RowKind::k_list) items_[row].push_back(writer);
    }
  }

  void message(Operation& operation) {
    const auto whom = static_cast<SessionId>(random_->below(shape_.sessions));
    if (whom == operation.session) return;
    operation.kind = OperationKind::k_hand_over;
    operation.message = ++messages_;
    history_.operations.push_back(operation);
    Operation heard = operation;
    heard.kind = OperationKind::k_take_over;
    heard.session = whom;
    now_ = heard.started = heard.ended = std::max(operation.ended, free_at_[whom]) + Duration(1);
    free_at_[whom] = heard.ended + Duration(1);
    history_.operations.push_back(heard);
  }

  Random* random_;
  Shape shape_;
  History history_;
  Duration now_{0};
  std::vector<Duration> free_at_;  // of each session
  std::vector<Seen> state_;        // of each row
  std::vector<std::vector<WriteId>> items_;
  WriteId writes_ = 0;
  std::uint32_t messages_ = 0;
};

inline History random_history(Random& random, const Shape& shape = {}) {
  return SerialStore(random, shape).run();
}

}  // namespace tidemark::audit::testing
