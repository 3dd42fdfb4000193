#include "cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

namespace tidemark::cli {

Terminal::Terminal(int fd) : is_terminal_(isatty(fd) == 1) {
  const char* kind = std::getenv("TERM");
  const bool dumb = kind == nullptr || std::string_view(kind) == "dumb";
  colour_ = is_terminal_ && !dumb && std::getenv("NO_COLOR") == nullptr;
}

std::string Terminal::styled(const char* code, std::string_view text) const {
  return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

}  // namespace tidemark::cli
