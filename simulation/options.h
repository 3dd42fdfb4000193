// What one run of the simulation is like: sizes, speeds, and every fault with how often it happens.
// All of it is drawn from the seed, each run with another mixture (swarm testing: Groce et al.,
// ISSTA 2012), since a run in which everything happens all the time hides what needs some calm.
#pragma once

#include <cstdint>

#include "base/instant.h"
#include "base/random.h"

namespace tidemark::simulation {

// How long something takes: mostly between the two limits, now and then up to `tail`.
struct Delay {
  Duration least{0};
  Duration most{0};
  double tail_chance = 0;
  Duration tail{0};

  Duration draw(Random& random) const;
};

// Mean time between two faults of a kind; zero: never.
struct Faults {
  Duration crash{0};             // of a primary
  Duration restart{0};           // of a standby, further back
  Duration promotion{0};         // of a standby, while the primary goes on or not
  Duration following{0};         // a node starts over as a standby of another one
  Duration partition{0};         // between the gateway and a node
  Duration cut{0};               // between a standby and its source
  Duration pause{0};             // of a standby's replay
  Duration termination{0};       // of a backend that waits for a synchronous standby
  Duration synchronous{0};       // other standbys, or missing ones, become synchronous
  double broken_connection = 0;  // chance for each statement
  double slow_statement = 0;     // chance for each statement, and for each message of a sample
  double failed_history = 0;
  Duration lasting{0};  // how long partitions, cuts, pauses and downtimes last, about
};

struct Options {
  std::size_t servers = 3;
  std::size_t clients = 4;
  std::size_t sessions = 4;  // fewer than clients: some share one
  std::size_t operations = 1500;

  Duration sample_interval{0};
  Duration probe_timeout{0};
  std::size_t samples_under_way = 1;  // of one node
  Delay network;
  Delay work;         // of a statement, and between the steps of a commit
  Delay thinking;     // of a client between two transactions
  Delay replication;  // between two turns of a standby's receiver and replay
  Delay log_writer;   // between two flushes of a primary
  Delay checkpoint;   // between two restart points of a server
  Delay outsider;     // between two steps of whoever writes without asking the gateway

  // The gateway is told that all writes come through it. Whoever writes without asking it has begun
  // before it was started.
  bool all_writes_here = false;
  Duration before{0};  // how long the world has gone on when the gateway starts
  Delay looking;       // between two looks at what the primary has under way

  Delay sweeping;        // between two times that sessions are forgotten
  double evictions = 0;  // how often there is no room for those that still have something to say

  double writes = 0.3;        // share of transactions that may write
  double transactions = 0.2;  // share of those with more than one statement
  double asynchronous = 0.3;  // share of commits that are answered before they are flushed
  double remote_apply = 0.1;
  double prepared = 0.1;  // share of writing transactions that are committed in two steps
  double hand_over = 0.02;
  double pinned = 0;  // share of clients that keep a connection to the primary once they have one
  bool mixes_levels = true;
  double strong = 0.125;              // share of strong transactions, if levels are mixed
  bool strong_from_standbys = false;  // of half of the tables
  bool warns = false;  // lost writes are told with a warning, and the statement goes on

  Faults faults;

  bool is_peaceful() const { return faults.crash + faults.promotion == Duration(0); }
};

// The options of a seed.
Options draw_options(std::uint64_t seed);

}  // namespace tidemark::simulation
