// tidemark demo: a throw-away primary with two standbys, the gateway in front of them, and a tour
// of what it does. Afterwards it stays up to be played with, until Ctrl-C.
#pragma once

#include <string>

namespace tidemark::cli {

struct DemoOptions {
  bool once = false;      // end after the tour
  std::string pg_bindir;  // empty: looked for
};

// Returns the exit code: k_ok only if every step of the tour saw what it should.
int demo(const DemoOptions& options);

}  // namespace tidemark::cli
