// Horizon: what is required by a session that nothing is remembered of.
//
// Sessions that have nothing left to say are forgotten (forget.h). The horizon is the least
// position that covers the floors of all of them, so that whoever comes back under a key that is
// not known, and starts there, requires at least what he did before. It starts where the origin is
// when its primary is first seen: that covers what sessions did before there was a horizon, by way
// of an earlier run of the gateway.
// Thread rule: confined to one thread, or guarded by who shares it.
#pragma once

#include <cstdint>

#include "consistency/session.h"
#include "routing/told_keys.h"
#include "topology/cluster_view.h"

namespace tidemark::routing {

class Horizon {
 public:
  // Brings it up to date with a view: to be done with every view before a session is forgotten
  // under it. One older than the last changes nothing.
  void follow(const topology::ClusterView& view);

  // Whether there is one: a primary has been seen.
  bool has_begun() const { return has_begun_; }

  // Takes over the floor of a session that is about to be forgotten, floor_of_all() or
  // floor_to_forget(). False if the session must be kept, as its floor is stated on another
  // timeline than the horizon.
  bool take(KeyHash key, consistency::Position floor);

  // How the session begins of a key that is not known. If a failover or a crash took part of what
  // the horizon stands for, nobody can tell whose it was: then each key begins with lost writes and
  // reads, until it has been forgotten again, and so was told.
  // REQUIRES: has_begun(); the session is empty.
  void start(KeyHash key, consistency::Session& session) const;

  // Zero before it has begun.
  consistency::Position position() const { return position_; }

  // Whether part of it was lost, ever.
  bool was_lost() const { return was_lost_; }

  std::size_t bytes() const { return told_.bytes(); }

 private:
  void begin(const topology::ClusterView& view);
  void follow_start(const topology::ClusterView& view);
  void follow_timeline(const topology::ClusterView& view);
  void lose();

  // What the primary had written when it was first seen. Unlike the floors of sessions it may not
  // be flushed yet, and not all of it shown by the primary to everyone.
  struct Start {
    consistency::Mark mark{};
    consistency::Lsn lsn{};
    bool durable = false;
    bool shown = false;
  };

  bool has_begun_ = false;
  std::uint64_t view_version_ = 0;
  std::uint64_t system_identifier_ = 0;
  consistency::Position position_{};
  Start start_;
  bool was_lost_ = false;
  ToldKeys told_;  // the keys that were forgotten since it was lost
};

}  // namespace tidemark::routing
