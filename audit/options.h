// What one audit is to do: the command line as values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/history/history.h"
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
  // How statements are sent; each operation takes one of these at random.
  std::vector<Protocol> protocols = {Protocol::k_simple, Protocol::k_extended, Protocol::k_prepared,
                                     Protocol::k_pipelined};
  // What sessions set synchronous_commit to, in turn, where they write. Empty: nothing is set.
  // Transactions that wait for standbys and such that do not become visible on the primary in
  // another order than they stand in the log.
  std::vector<std::string> synchronous_commit;
  unsigned sessions = 16;
  unsigned keys = 64;             // of each kind of row
  double skew = 0.5;              // 0: all keys alike; 1: Zipf
  unsigned transaction_size = 3;  // rows in a read of several, at most; and in a write
  double own_share = 0.5;         // how often a read asks for what the session lately used
  double reconnects = 0.002;      // how often a session moves to a new connection before it acts
  double rate = 0;                // operations a second of all sessions together; 0: no limit
  bool handoff = false;           // sessions tell each other what they did
  std::uint64_t seed = 1;
  // Bounds the memory: the run ends early when so many have been recorded.
  std::uint64_t most_operations = 1'000'000;
  Duration patience = std::chrono::seconds(10);  // for the answer to one statement
};

// What tells an endpoint whose connection it is, and carries what a session requires to another
// one: SQL in which %s stands for the key or the token. Empty: nothing is said. The defaults are
// Tidemark's, and used only where SHOW tidemark.level has an answer; what the user gives is used
// everywhere.
struct SessionSql {
  std::optional<std::string> identify;
  std::optional<std::string> token_out;
  std::optional<std::string> token_in;
};

// Replay stands still on `dsn` for `length` in every `period`.
struct PauseReplay {
  std::string dsn;
  Duration length = std::chrono::milliseconds(500);
  Duration period = std::chrono::seconds(2);
};

// recovery_min_apply_delay of `dsn`.
struct DelayReplay {
  std::string dsn;
  Duration delay{0};
};

// What a shell runs, so long after the beginning.
struct Command {
  Duration at{0};
  std::string text;
};

struct Faults {
  std::vector<PauseReplay> pause_replay;
  std::vector<DelayReplay> delay_replay;
  std::vector<Command> commands;
};

struct Options {
  std::vector<std::string> endpoints;  // DSNs of libpq, at least one
  std::string write_to;                // empty: the first endpoint
  std::string truth;                   // where the order of commits is read; empty: `write_to`
  Choice choice = Choice::k_random;
  Duration duration = std::chrono::seconds(30);
  std::optional<consistency::Level> level;
  Workload workload;
  SessionSql session_sql;
  Faults faults;
  std::string json;  // files to write; empty: none; "-": standard output
  std::string html;
  std::string save;
  std::string check;    // a saved history to check instead of running anything
  std::string command;  // how to run this again, without secrets: for the report
};

// The mixes that have a name: "shop", "social", "bank". Empty for any other name.
std::optional<Workload> preset(std::string_view name);

}  // namespace tidemark::audit
