#include "cli/demo_screen.h"

#include <fmt/format.h>

#include <cstdio>

namespace tidemark::cli {

void DemoScreen::line(const std::string& text) {
  fmt::print("{}\n", text);
  std::fflush(stdout);
}

void DemoScreen::title(const std::string& text) { line(terminal_.bold(text) + "\n"); }

void DemoScreen::begin(const std::string& what, Instant now) {
  end(now);
  begun_ = what;
  begun_at_ = now;
  if (!terminal_.is_terminal()) return;
  fmt::print("  {} {}", terminal_.yellow("…"), what);
  std::fflush(stdout);
}

void DemoScreen::end(Instant now) {
  if (begun_.empty()) return;
  const double seconds = std::chrono::duration<double>(now - begun_at_).count();
  if (terminal_.is_terminal()) fmt::print("\r\x1b[K");
  line(fmt::format("  {} {:<60} {}", terminal_.green("✓"), begun_,
                   terminal_.dim(fmt::format("{:5.1f} s", seconds))));
  begun_.clear();
}

void DemoScreen::step(const std::string& title, const std::string& meaning) {
  line(fmt::format("\n{}  {}", terminal_.blue(fmt::format("{:>2}", ++steps_)),
                   terminal_.bold(title)));
  line("    " + terminal_.dim(meaning));
}

void DemoScreen::sql(const std::string& whom, const std::string& text) {
  line(fmt::format("      {:>9}{} {}", whom, terminal_.dim(">"), terminal_.bold(text)));
}

void DemoScreen::answer(const std::string& text) { line(fmt::format("{:17}{}", "", text)); }

void DemoScreen::route(const DemoRoute& route) {
  line(fmt::format("{:17}{}", "",
                   terminal_.dim(fmt::format("served by {}, level {}: {}", node_name(route.node),
                                             route.level, route.reason))));
}

void DemoScreen::note(const std::string& text) { line("    " + text); }

void DemoScreen::live(const std::string& text) {
  if (!terminal_.is_terminal()) return;
  fmt::print("\r\x1b[K{:17}{}", "", text);
  std::fflush(stdout);
}

void DemoScreen::end_live() {
  if (terminal_.is_terminal()) fmt::print("\r\x1b[K");
}

void DemoScreen::verdict(bool good, const std::string& claim) {
  line(fmt::format("    {} {}", good ? terminal_.green("✓") : terminal_.red("✗ not so:"), claim));
}

void DemoScreen::problem(const std::string& text) {
  line(fmt::format("    {} {}", terminal_.red("✗"), text));
}

std::string DemoScreen::node_name(const std::string& address) const {
  const auto found = names_.find(address);
  return found == names_.end() ? address : found->second;
}

}  // namespace tidemark::cli
