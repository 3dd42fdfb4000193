// The main program of each example: its arguments, its people, and the table at the end.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "examples/kit/database.h"
#include "examples/kit/scoreboard.h"

namespace kit {

struct Run {
  Addresses addresses;
  std::string analytics;  // another server, fed by logical replication, if the example has one
  int users = 12;
  std::chrono::seconds time{12};
  std::string json;  // where the figures go as well; empty: nowhere
  Scoreboard board;
  std::atomic<bool> stopping = false;
};

// Lets each of them do their work in a thread of their own until the time is over, and says now and
// then how far it is. An exception of one of them ends the run, and is thrown here.
void run_all(Run& run, const std::vector<std::function<void()>>& people,
             const std::function<std::string()>& progress);

// Reads the arguments, runs `example`, prints what the board says. The exit code: 0 if every
// promise and invariant held, 1 if not, 2 if it could not run.
int program(int argc, char** argv, const std::string& about,
            const std::function<void(Run&)>& example);

}  // namespace kit
