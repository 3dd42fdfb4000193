// What a client needs while something of it is under way, and not while it is idle.
// Thread rule: a value.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "consistency/tables.h"
#include "routing/request.h"
#include "session/batch.h"
#include "session/need.h"
#include "session/prepared.h"
#include "session/settings.h"
#include "session/trace.h"

namespace tidemark::session {

// What the statements of a client that are under way on the primary, its open transaction included,
// may write; no tables if they only read. Grows until all of it is over.
struct Writing {
  consistency::TableSet tables;
  consistency::TableScope scope = 0;  // under which the ids of the tables hold
  bool renames = false;               // it may change what names and tables mean: DDL, perhaps
};

// A read that can be run again.
struct Replay {
  static constexpr std::size_t k_kept_bytes = 4096;  // of memory, of each, when there is nothing

  std::string bytes;
  std::string held;  // of its answer
  std::vector<NameChange> changes;

  void clear();
};

struct Work {
  Unit unit;    // the one that asked for the server
  Batch batch;  // the one looked at last, until it is passed on
  routing::Request request;
  std::vector<routing::Request> alternatives;
  Trace trace;
  Writing writing;
  Replay replay;
  std::set<std::string> capturing;  // settings that the server is asked for …
  Settings told;                    // … and those of them that the texts told

  void clear();
};

}  // namespace tidemark::session
