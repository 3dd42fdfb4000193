#include "routing/horizon.h"

#include <algorithm>

#include "base/check.h"

namespace tidemark::routing {

using consistency::Lsn;
using consistency::Position;
using consistency::Session;
using topology::ClusterView;
using Kind = consistency::MarkStatus::Kind;

void Horizon::follow(const ClusterView& view) {
  if (view.version() < view_version_) return;
  view_version_ = view.version();
  if (has_begun_ && view.system_identifier() != system_identifier_) {
    // The nodes so far were copies of something else: positions in it mean nothing here.
    lose();
    has_begun_ = false;
  }
  if (has_begun_) follow_start(view);
  if (has_begun_ && view.timeline() > position_.timeline) follow_timeline(view);
  if (!has_begun_ && view.has_primary()) begin(view);
}

// Whatever a session wrote or read before the latest sample of the primary was sent lies at or
// below the insert position that it brought.
void Horizon::begin(const ClusterView& view) {
  const auto& primary = view.node(view.primary());
  has_begun_ = true;
  system_identifier_ = view.system_identifier();
  position_ = {view.timeline(), primary.applied};
  start_ = {.mark = {view.primary(), primary.incarnation, primary.sampled_at, true},
            .lsn = primary.applied};
  follow_start(view);
}

void Horizon::follow_start(const ClusterView& view) {
  if (!start_.durable) {
    const Kind durability = view.durability(start_.mark, start_.lsn);
    start_.durable = durability == Kind::k_resolved;
    if (durability == Kind::k_lost) {
      // What is left of it lies below where the origin goes on from.
      lose();
      has_begun_ = false;
      return;
    }
  }
  if (view.timeline() != position_.timeline) return;
  start_.shown = start_.shown || view.primary_shows(start_.lsn);
}

// What survives lies before the switch point: the new primary began with it, and showed it from
// then on.
void Horizon::follow_timeline(const ClusterView& view) {
  const Kind survival = view.survival(position_);
  if (survival == Kind::k_pending) return;
  if (survival == Kind::k_lost) {
    lose();
    const Lsn shared = view.history().shared(position_.timeline, view.timeline());
    position_.lsn = std::min(position_.lsn, shared);
  }
  position_.timeline = view.timeline();
  start_ = {.lsn = position_.lsn, .durable = true, .shown = true};
}

void Horizon::lose() {
  was_lost_ = true;
  told_.clear();
}

bool Horizon::take(KeyHash key, Position floor) {
  if (floor.lsn != Lsn{}) {
    if (!has_begun_ || floor.timeline != position_.timeline) return false;
    position_.lsn = std::max(position_.lsn, floor.lsn);
  }
  if (was_lost_) told_.insert(key);
  return true;
}

void Horizon::start(KeyHash key, Session& session) const {
  CHECK(has_begun_ && session.empty());
  const bool is_told = was_lost_ && !told_.contains(key);
  session.note_lost(is_told, is_told);
  session.set_system(system_identifier_);
  session.require(position_.timeline, position_.lsn, position_.lsn, start_.shown);
  if (start_.durable) return;
  const auto& [node, incarnation, at, on_primary] = start_.mark;
  session.note_write(node, incarnation, at);
  session.note_read(node, incarnation, at, on_primary);
}

}  // namespace tidemark::routing
