#include "cli/example_table.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

namespace tidemark::cli {
namespace {

std::string cell(const simdjson::dom::element& one) {
  const double asked = one["asked"].get_double();
  const double by_standby = one["by_standby"].get_double();
  return fmt::format("{:>8.2f}{:>9.2f}{:>9}{:>6}", one["p50_ms"].get_double().value(),
                     one["p99_ms"].get_double().value(),
                     asked == 0 ? "-" : fmt::format("{:.0f} %", 100 * by_standby / asked),
                     one["violations"].get_int64().value());
}

const std::string k_columns =
    fmt::format("{:>8}{:>9}{:>9}{:>6}", "p50 ms", "p99 ms", "standbys", "viol.");

}  // namespace

Result<std::string> example_table(const std::vector<ExampleFigures>& runs) try {
  std::vector<std::string> names;
  std::vector<std::string> levels;
  std::vector<std::vector<std::string>> cells(runs.size());
  std::string head = fmt::format("{:<22}{:<18}", "", "");
  std::string columns = fmt::format("{:<22}{:<18}", "operation", "level");
  std::string invariants;
  for (std::size_t run = 0; run < runs.size(); ++run) {
    simdjson::dom::parser parser;
    const simdjson::dom::element figures = parser.parse(runs[run].json);
    head += fmt::format("  | {:<32}", runs[run].run);
    columns += "  |" + k_columns;
    for (const simdjson::dom::element one : figures["operations"]) {
      const auto name = std::string(one["name"].get_string().value());
      auto row = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
      if (row == names.size()) {
        names.push_back(name);
        levels.emplace_back(one["level"].get_string().value());
      }
      cells[run].resize(std::max(cells[run].size(), row + 1));
      cells[run][row] = cell(one);
    }
    for (const simdjson::dom::element one : figures["invariants"]) {
      if (one["held"].get_bool()) continue;
      invariants +=
          fmt::format("{}: not so: {}: {}\n", runs[run].run, one["claim"].get_string().value(),
                      one["detail"].get_string().value());
    }
  }
  std::string text = head + "\n" + columns + "\n";
  for (std::size_t row = 0; row < names.size(); ++row) {
    text += fmt::format("{:<22}{:<18}", names[row], levels[row]);
    for (const auto& of_run : cells) {
      text += fmt::format("  |{:>32}", row < of_run.size() ? of_run[row] : "");
    }
    text += "\n";
  }
  return text + invariants;
} catch (const simdjson::simdjson_error& error) {
  return fail(fmt::format("the example's figures cannot be read: {}", error.what()));
}

}  // namespace tidemark::cli
