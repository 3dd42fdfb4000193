// What one audit is to do: the command line as values.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "consistency/level.h"

namespace tidemark::audit {

// Which of several read endpoints a session reads from.
enum class Choice : std::uint8_t { k_random, k_round_robin, k_sticky };

// How often each kind of operation is chosen, as parts of their sum.
struct Mix {
  unsigned read_one = 40;
  unsigned read_many = 10;         // several rows in one statement
  unsigned read_transaction = 10;  // several rows, a statement each, in one snapshot
  unsigned write = 20;
  unsigned increment = 10;
  unsigned append = 10;
};

struct Workload {
  Mix mix;
  unsigned sessions = 16;
  unsigned keys = 64;             // of each kind of row
  double skew = 0.5;              // 0: all keys alike; 1: Zipf
  unsigned transaction_size = 3;  // rows in a read of several, at most; and in a write
  double own_share = 0.5;         // how often a read asks for what the session lately used
  double reconnects = 0.002;      // how often a session moves to a new connection before it acts
  double rate = 0;                // operations a second of all sessions together; 0: no limit
  bool handoff = false;           // sessions tell each other what they did
  std::uint64_t seed = 1;
};

struct Faults {
  std::vector<std::string> pause_replay;                       // DSNs
  std::vector<std::pair<std::string, Duration>> delay_replay;  // DSN, delay
  std::vector<std::pair<Duration, std::string>> commands;      // when, what a shell runs
};

struct Options {
  std::vector<std::string> endpoints;  // DSNs of libpq, at least one
  std::string write_to;                // empty: the first endpoint
  std::string truth;                   // where the order of commits is read; empty: `write_to`
  Choice choice = Choice::k_random;
  Duration duration = std::chrono::seconds(30);
  std::optional<consistency::Level> level;
  Workload workload;
  Faults faults;
  std::string json;  // files to write; empty: none; "-": standard output
  std::string html;
  std::string save;
  std::string check;  // a saved history to check instead of running anything
};

// The mixes that have a name: "shop", "social", "bank". Empty for any other name.
std::optional<Workload> preset(std::string_view name);

}  // namespace tidemark::audit
