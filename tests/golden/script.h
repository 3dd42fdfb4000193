// A golden scenario: a text that tells what is done and what came of it, and can be written anew.
//
//   # A comment, kept as it is.
//   at 12ms  alice: SELECT * FROM shop.cart
//     -> b (standby) at session, floor 0/2000: covers the floor
//
// Lines that are indented belong to the one above: first what continues it, then, each behind an
// arrow, what came of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"

namespace tidemark::golden {

struct Command {
  int line = 0;               // in the file, from 1
  std::optional<Instant> at;  // none: no time passes
  std::string who;            // empty: time passes, and no more
  std::string what;
  std::vector<std::string> block;  // what continues it

  // What it says in one line.
  std::string text() const;
};

// One line, or more, of the file.
struct Piece {
  std::string source;              // as it was written, without what came of it
  std::optional<Command> command;  // none: a comment, or nothing
  std::string expected;            // what came of it, as written
};

// Throws std::runtime_error, with the line, for what is no scenario.
std::vector<Piece> parse_script(std::string_view text);

// What came of a command, as the file has it: each with an arrow, long ones in several lines.
std::string arrows(const std::vector<std::string>& answers);

}  // namespace tidemark::golden
