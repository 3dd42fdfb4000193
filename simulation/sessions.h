// The sessions of all clients, as gateway/session_registry.cpp keeps them: forgotten when they have
// nothing left to say, and begun anew at the horizon.
#pragma once

#include <optional>
#include <vector>

#include "consistency/session.h"
#include "routing/horizon.h"
#include "simulation/history.h"
#include "topology/cluster_view.h"

namespace tidemark::simulation {

class Sessions {
 public:
  // `has_horizon`: who was forgotten begins at the horizon, and not with nothing.
  Sessions(std::size_t count, bool has_horizon) : sessions_(count), has_horizon_(has_horizon) {}

  std::size_t size() const { return sessions_.size(); }
  bool has_begun() const { return horizon_.has_begun(); }

  // Null as long as no primary was ever seen.
  consistency::Session* find(SessionId id);

  // Forgets what can be forgotten: who has nothing left to say, and of the others, where there is
  // no room for them, those that one position can stand for.
  void sweep(const topology::ClusterView& view, bool has_room);

 private:
  std::vector<std::optional<consistency::Session>> sessions_;
  routing::Horizon horizon_;
  const bool has_horizon_;
};

}  // namespace tidemark::simulation
