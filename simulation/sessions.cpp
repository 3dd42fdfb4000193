#include "simulation/sessions.h"

#include "routing/forget.h"
#include "routing/settle.h"

namespace tidemark::simulation {

consistency::Session* Sessions::find(SessionId id) {
  auto& session = sessions_[id];
  if (!session) {
    if (!horizon_.has_begun()) return nullptr;
    session.emplace();
    if (has_horizon_) horizon_.start(id, *session);
  }
  return &*session;
}

// The horizon has seen the view before any session is forgotten under it.
void Sessions::sweep(const topology::ClusterView& view, bool has_room) {
  horizon_.follow(view);
  for (SessionId id = 0; id < sessions_.size(); ++id) {
    auto& session = sessions_[id];
    if (!session) continue;
    routing::settle(*session, view);
    const auto floor =
        has_room ? routing::floor_to_forget(*session, view) : routing::floor_of_all(*session);
    if (floor && horizon_.take(id, *floor)) session.reset();
  }
}

}  // namespace tidemark::simulation
