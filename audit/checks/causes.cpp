#include "audit/checks/causes.h"

namespace tidemark::audit {

bool is_known_to_its_session(const Operation& operation) {
  return operation.outcome == Outcome::k_ok;
}

Causes::Causes(const Model& model) : model_(&model), programs_(model.lives()) {
  for (OperationId id = 0; id < model.history().operations.size(); ++id) {
    programs_[model.place(id).life].push_back(id);
  }
}

std::vector<OperationId> Causes::in_order() const {
  enum class State : std::uint8_t { k_new, k_begun, k_done };
  const std::size_t size = model_->history().operations.size();
  std::vector<State> states(size, State::k_new);
  std::vector<OperationId> order;
  order.reserve(size);
  std::vector<OperationId> stack;
  const auto push = [&](OperationId id) {
    if (states[id] == State::k_new) stack.push_back(id);
  };
  for (OperationId root = 0; root < size; ++root) {
    push(root);
    while (!stack.empty()) {
      const OperationId id = stack.back();
      if (states[id] == State::k_new) {
        states[id] = State::k_begun;
        const Place place = model_->place(id);
        if (place.index > 1) push(programs_[place.life][place.index - 2]);
        for_each(id, push);
        continue;
      }
      stack.pop_back();
      if (states[id] == State::k_done) continue;
      states[id] = State::k_done;
      order.push_back(id);
    }
  }
  return order;
}

}  // namespace tidemark::audit
