#include "routing/claim.h"

#include <algorithm>

#include "routing/floor.h"
#include "routing/settle.h"

namespace tidemark::routing {

using consistency::Lsn;
using consistency::Remembered;
using consistency::Session;
using topology::ClusterView;
using Fate = consistency::MarkStatus::Kind;

namespace {

// Today's only origin.
constexpr consistency::OriginIndex k_origin = 0;

}  // namespace

std::optional<Claim> claim_of(const Session& session, const ClusterView& view) {
  if (session.empty()) return Claim();
  if (session.timeline() != view.timeline()) return std::nullopt;
  Claim claim{.timeline = session.timeline(),
              .writes = session.writes().at(k_origin).lsn,
              .reads = session.reads().at(k_origin).lsn,
              .shown = session.unshown() == Lsn{}};
  for (const Remembered& known : session.marks()) {
    if (!known.resolved || !known.durable) return std::nullopt;
    Lsn& lsn = known.is_write ? claim.writes : claim.reads;
    lsn = std::max(lsn, known.position.lsn);
    claim.shown = claim.shown && known.shown;
  }
  return claim;
}

Pending pending_of(const Session& session, const ClusterView& view) {
  Request request;
  request.promise = {.writes = true, .reads = true, .across_tables = true};
  const Floor floor(request, session, view, Instant::min());
  const bool unflushed = view.has_primary() && floor.lsn() > view.node(view.primary()).flush;
  return {.wanted = floor.wanted(), .nudge = unflushed};
}

// What the primary of an older timeline showed and survived, the new one shows from its beginning.
Taken take_over(const Claim& claim, Session& session, const ClusterView& view, Instant since) {
  if (claim.timeline == 0) return Taken::k_taken;
  settle(session, view);
  if (claim.timeline > view.timeline()) return Taken::k_not_yet;
  if (claim.timeline == view.timeline() && view.has_primary()) {
    const topology::NodeView& primary = view.node(view.primary());
    const bool beyond = std::max(claim.writes, claim.reads) > primary.applied;
    if (beyond) return primary.sampled_at >= since ? Taken::k_beyond : Taken::k_not_yet;
  }
  if (session.timeline() == 0 || session.timeline() == claim.timeline) {
    session.require(claim.timeline, claim.writes, claim.reads, claim.shown);
    return Taken::k_taken;
  }
  if (session.timeline() != view.timeline()) return Taken::k_not_yet;
  const Fate writes = view.survival({claim.timeline, claim.writes});
  const Fate reads = view.survival({claim.timeline, claim.reads});
  if (writes == Fate::k_pending || reads == Fate::k_pending) return Taken::k_not_yet;
  const auto kept = [](Fate fate, Lsn lsn) { return fate == Fate::k_resolved ? lsn : Lsn{}; };
  session.require(view.timeline(), kept(writes, claim.writes), kept(reads, claim.reads),
                  claim.shown);
  session.note_lost(writes == Fate::k_lost, reads == Fate::k_lost);
  return Taken::k_taken;
}

}  // namespace tidemark::routing
