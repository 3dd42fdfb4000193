// What one client's session hands over to another's.
#include <algorithm>

#include "routing/settle.h"
#include "simulation/client.h"

namespace tidemark::simulation {

using std::chrono::milliseconds;

// What this session requires another one requires from now on, too: under the same key, or by a
// token that somebody carries there.
void Client::hand_over() {
  heir_ = static_cast<SessionId>(random().below(gateway_.sessions.size()));
  consistency::Session* from = gateway_.sessions.find(id_);
  consistency::Session* to = gateway_.sessions.find(heir_);
  if (from == nullptr || to == nullptr) return finish();
  const auto view = gateway_.monitor.view();
  routing::settle(*from, *view);
  claim_.reset();
  if (!from->lost_writes() && !from->lost_reads()) claim_ = routing::claim_of(*from, *view);
  if (claim_) {
    gateway_.world.events().after(gateway_.world.options().thinking.draw(random()),
                                  if_still(&Client::take_over));
    claimed_since_ = k_never;
    return;
  }
  if (!is_without(Without::k_hand_over)) {
    consistency::Session copy = *from;
    push_marks(copy, *to);
  }
  handed_over();
}

void Client::take_over() {
  claimed_since_ = std::min(claimed_since_, now());
  consistency::Session* to = gateway_.sessions.find(heir_);
  if (to == nullptr) return finish();
  if (is_without(Without::k_hand_over)) return handed_over();
  switch (routing::take_over(*claim_, *to, *gateway_.monitor.view(), claimed_since_)) {
    case routing::Taken::k_taken:
      return handed_over();
    case routing::Taken::k_beyond:
      return finish();
    case routing::Taken::k_not_yet:
      if (now() - claimed_since_ > milliseconds(50)) return finish();
      gateway_.monitor.request(~consistency::NodeSet{0}, now());
      return gateway_.monitor.on_next_view(if_still(&Client::take_over));
  }
}

void Client::handed_over() {
  Operation handed = operation(Operation::Kind::k_hand_over);
  handed.other = heir_;
  handed.ends_transaction = true;
  gateway_.recorder.add(handed);
  finish();
}

}  // namespace tidemark::simulation
