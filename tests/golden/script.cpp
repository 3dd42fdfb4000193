#include "golden/script.h"

#include <sstream>
#include <stdexcept>

#include "base/duration.h"

namespace tidemark::golden {
namespace {

constexpr std::string_view k_arrow = "  -> ";
constexpr std::string_view k_indent = "     ";
constexpr std::size_t k_columns = 100;

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

[[noreturn]] void fail_at(int line, const std::string& why) {
  throw std::runtime_error("line " + std::to_string(line) + ": " + why);
}

// "at 12ms  alice: SELECT 1", "alice: SELECT 1", "at 12ms".
Command parse_head(std::string_view head, int line) {
  Command command;
  command.line = line;
  if (head.starts_with("at ")) {
    head.remove_prefix(3);
    const std::size_t end = std::min(head.find(' '), head.size());
    const auto time = parse_duration(head.substr(0, end));
    if (!time.has_value()) fail_at(line, time.error().message);
    command.at = Instant(*time);
    head.remove_prefix(end);
  }
  const std::string rest = trimmed(head);
  if (rest.empty()) return command;
  const std::size_t colon = rest.find(':');
  if (colon == std::string::npos) fail_at(line, "nobody says \"" + rest + "\"");
  command.who = rest.substr(0, colon);
  command.what = trimmed(std::string_view(rest).substr(colon + 1));
  return command;
}

// At the last blank that leaves the rest of the line within the limit.
std::size_t end_of_line(std::string_view text) {
  const std::size_t room = k_columns - k_indent.size();
  if (text.size() <= room) return text.size();
  const std::size_t blank = text.rfind(' ', room);
  return blank == std::string_view::npos ? text.size() : blank;
}

}  // namespace

std::string Command::text() const {
  std::string all = what;
  for (const std::string& each : block) {
    const std::string part = trimmed(each);
    all += (all.empty() || part.empty() ? "" : " ") + part;
  }
  return all;
}

std::vector<Piece> parse_script(std::string_view text) {
  std::vector<Piece> pieces;
  std::istringstream stream{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    const bool indented = line.starts_with(' ');
    if (indented && (pieces.empty() || !pieces.back().command)) {
      fail_at(number, "indented, and belongs to nothing");
    }
    if (indented) {
      Piece& piece = pieces.back();
      if (line.starts_with(k_arrow) || !piece.expected.empty()) {
        piece.expected += line + "\n";
      } else {
        piece.command->block.push_back(line);
        piece.source += line + "\n";
      }
    } else if (line.empty() || line.starts_with('#')) {
      pieces.push_back({line + "\n", std::nullopt, ""});
    } else {
      pieces.push_back({line + "\n", parse_head(line, number), ""});
    }
  }
  return pieces;
}

std::string arrows(const std::vector<std::string>& answers) {
  std::string out;
  for (const std::string& answer : answers) {
    std::string_view rest = answer;
    out += k_arrow;
    while (true) {
      const std::size_t end = end_of_line(rest);
      out.append(rest.substr(0, end)).append("\n");
      if (end == rest.size()) break;
      rest.remove_prefix(end + 1);
      out += k_indent;
    }
  }
  return out;
}

}  // namespace tidemark::golden
