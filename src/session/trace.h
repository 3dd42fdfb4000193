// What a client's statements have done on the server that it is attached to, until its transaction
// is over there. Thread rule: a value.
#pragma once

#include <set>
#include <string>

#include "consistency/tables.h"
#include "session/durability.h"
#include "session/settings.h"

namespace tidemark::session {

struct Trace {
  bool may_write = false;
  bool opaque = false;
  bool all_settings = false;
  bool changes_catalogue = false;
  bool failed = false;                // an error was reported
  bool transaction = false;           // an explicit transaction was open
  bool rolled_back = false;           // ROLLBACK was the last word
  bool ended = false;                 // the transaction may be over, once all answers are there
  Raise raised;                       // what the transaction will be committed with
  Raise owed;                         // what it must be, whatever the client sets meanwhile
  consistency::TableScope scope = 0;  // of both
  consistency::TableSet touched;
  consistency::TableSet written;
  std::set<std::string> settings;
  std::set<std::string> reset;  // set back to the default outside a transaction
  Settings told;                // those of `settings` whose values the texts tell

  // As new. Mostly there is nothing in the containers, and they need not be made anew to be so.
  void clear() {
    may_write = opaque = all_settings = changes_catalogue = false;
    failed = transaction = rolled_back = ended = false;
    raised = owed = {};
    scope = 0;
    touched = written = {};
    if (!settings.empty()) settings.clear();
    if (!reset.empty()) reset.clear();
    if (!told.empty()) told.clear();
  }
};

}  // namespace tidemark::session
