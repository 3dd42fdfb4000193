// How the demo's tour looks: numbered steps, the SQL and who was asked, the answer, the route, and
// whether it is as it should be. 100 columns.
// Thread rule: confined to the main thread.
#pragma once

#include <map>
#include <string>

#include "base/instant.h"
#include "cli/demo_client.h"
#include "cli/terminal.h"

namespace tidemark::cli {

class DemoScreen {
 public:
  DemoScreen() : terminal_(1) {}

  // How to call a node: "standby 1" for "127.0.0.1:40212".
  void name_node(const std::string& address, const std::string& name) { names_[address] = name; }

  void title(const std::string& text);

  // Something that takes a while: shown at once, and completed when the next thing is printed.
  void begin(const std::string& what, Instant now);
  void end(Instant now);

  void step(const std::string& title, const std::string& meaning);
  void sql(const std::string& whom, const std::string& text);
  void answer(const std::string& text);
  void route(const DemoRoute& route);
  void note(const std::string& text);

  // Replaces the line that it printed last; nothing where the output is no terminal.
  void live(const std::string& text);
  void end_live();

  // "as it should be", or what was expected instead.
  void verdict(bool good, const std::string& claim);
  void problem(const std::string& text);

  std::string node_name(const std::string& address) const;
  const Terminal& terminal() const { return terminal_; }

 private:
  void line(const std::string& text);

  Terminal terminal_;
  std::map<std::string, std::string> names_;
  int steps_ = 0;
  std::string begun_;  // empty: nothing is going on
  Instant begun_at_{};
};

}  // namespace tidemark::cli
