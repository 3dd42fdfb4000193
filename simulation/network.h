// The way between the gateway and the nodes: messages take time, and while a node is cut off they
// wait, as TCP repeats them.
#pragma once

#include "simulation/world.h"

namespace tidemark::simulation {

class Network {
 public:
  explicit Network(World& world) : world_(world) {}

  // Something happens at the other end of the way, whichever that is, once a message sent now has
  // arrived.
  void travel(NodeIndex node, Events::Action then) {
    const Instant leaves = std::max(world_.now(), world_.partitioned_until(node));
    world_.events().at(leaves + world_.options().network.draw(world_.random()), std::move(then));
  }

 private:
  World& world_;
};

}  // namespace tidemark::simulation
