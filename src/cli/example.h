// tidemark demo shop | social | bank: an example application on a throw-away cluster, with its own
// configuration, while things go wrong. Once as it is meant, once with everything at `strong` and
// once with everything at `eventual`, to see what the levels are worth; or on naive routing.
#pragma once

#include <string>

namespace tidemark::cli {

struct ExampleOptions {
  std::string name;
  bool once = false;      // a short run
  bool naive = false;     // reads go to any standby, without the gateway
  int seconds = 0;        // of each run; 0: as `once` says
  std::string pg_bindir;  // empty: looked for
};

// Returns the exit code: k_ok only if every promise and every invariant held.
int example(const ExampleOptions& options);

}  // namespace tidemark::cli
