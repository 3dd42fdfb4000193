#include "routing/settle.h"

namespace tidemark::routing {

using consistency::Lsn;
using consistency::MarkStatus;
using consistency::Remembered;
using consistency::Session;
using topology::ClusterView;
using Kind = MarkStatus::Kind;

namespace {

// Today's only origin.
constexpr consistency::OriginIndex k_origin = 0;

// Positions on an older timeline that survived the switch mean the same on the newer one. While the
// newer one's history is not known, they stay as they are. Those on an abandoned one are lost.
void follow_timeline(Session& session, const ClusterView& view) {
  const auto fate = [&](Lsn lsn) { return view.survival({session.timeline(), lsn}); };
  if (session.timeline() != 0) {
    constexpr Lsn k_any{1};
    if (fate(k_any) == Kind::k_pending) return;
    // Nor while there is no telling what of the older one has survived.
    const auto known_survivors = view.survivors(session.timeline());
    if (!known_survivors) return;
    const Lsn survivors = *known_survivors;
    if (fate(session.writes().at(k_origin).lsn) == Kind::k_lost)
      session.lose_written_floor(survivors);
    if (fate(session.reads().at(k_origin).lsn) == Kind::k_lost) session.lose_read_floor(survivors);
    for (std::size_t index = session.marks().size(); index-- > 0;) {
      const Remembered& known = session.marks()[index];
      if (known.resolved && fate(known.position.lsn) == Kind::k_lost)
        session.lose(index, survivors);
    }
  }
  session.restate(view.timeline());
}

// Gives k_lost if the mark is.
Kind resolve(Remembered& known, const ClusterView& view) {
  if (!known.resolved) {
    const MarkStatus status = view.status(known.mark);
    if (status.kind != Kind::k_resolved) return status.kind;
    known.resolved = true;
    known.durable = status.durable;
    known.position = status.position;
  }
  if (known.durable) return Kind::k_resolved;
  const Kind durability = view.durability(known.mark, known.position.lsn);
  known.durable = durability == Kind::k_resolved;
  return durability;
}

// What the primary itself has shown needs no barrier: it is shown by the same run, and the next one
// begins with it.
bool is_shown(const Remembered& known, const ClusterView& view) {
  return known.mark.on_primary || view.primary_shows(known.mark) ||
         (known.resolved && view.primary_shows(known.position.lsn));
}

}  // namespace

void settle(Session& session, const ClusterView& view) {
  if (const auto system = view.system_identifier(); system != 0 && system != session.system()) {
    // The nodes that it knew were copies of something else: a position there means nothing here.
    if (session.system() != 0) session.lose_everything();
    session.set_system(system);
  }
  if (view.timeline() > session.timeline() || view.is_abandoned(session.timeline())) {
    follow_timeline(session, view);
  }
  // A view older than what the session knows, or one with a history still missing, resolves
  // nothing.
  if (view.timeline() != session.timeline()) return;

  for (std::size_t index = session.marks().size(); index-- > 0;) {
    Remembered& known = session.marks()[index];
    if (resolve(known, view) == Kind::k_lost) {
      // Without a primary there is no telling what has survived.
      if (const auto survivors = view.survivors(session.timeline())) {
        session.lose(index, *survivors);
      }
    } else if (!known.shown) {
      known.shown = is_shown(known, view);
    }
  }
  if (session.unshown() != Lsn{} && view.primary_shows(session.unshown())) session.set_shown();
}

}  // namespace tidemark::routing
