// Causes: which operations another one could know of at once. Their closure is the causal past.
//
// An operation knows of those before it in its session's program (since the last declared loss),
// of the writers of what it saw and of what it overwrote, and, if a message came, of its sender. A
// write without an answer is known to whoever saw it, and not to its own session.
//
// Pure. Thread rule: none.
#pragma once

#include <vector>

#include "audit/checks/model.h"

namespace tidemark::audit {

class Causes {
 public:
  explicit Causes(const Model& model);

  const Model& model() const { return *model_; }

  // The operations of one life, in the order of its program; place(id).index is one more than
  // where it stands here.
  const std::vector<OperationId>& program(LifeId life) const { return programs_[life]; }

  // Calls visit(cause) for all causes but those earlier in the program.
  template <class Visit>
  void for_each(OperationId id, const Visit& visit) const {
    const Operation& operation = model_->operation(id);
    if (operation.outcome == Outcome::k_ok) {
      for (const Seen& seen : operation.seen) {
        const Made* made = model_->made(seen);
        if (made != nullptr && made->operation != id) visit(made->operation);
      }
      if (operation.kind == OperationKind::k_take_over) visit(model_->sent_by(operation));
    }
    for (const Put& put : operation.puts) {
      const Version version = model_->version_of(put);
      if (version == k_unknown_version || version == 1) continue;
      const Made* made = model_->only(put.row, version - 1);
      if (made != nullptr && made->operation != id) visit(made->operation);
    }
  }

  // All operations, causes first. Where operations cause each other in a circle, somewhere not.
  std::vector<OperationId> in_order() const;

 private:
  const Model* model_;
  std::vector<std::vector<OperationId>> programs_;
};

// Whether what follows in the session's program knows of this operation.
bool is_known_to_its_session(const Operation& operation);

}  // namespace tidemark::audit
