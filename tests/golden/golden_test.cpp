// Every tests/golden/*.txt, run and held against what it says itself. TIDEMARK_GOLDEN=update writes
// into the files what came of each line instead: to be read before it is committed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "golden/script.h"
#include "golden/world.h"

namespace tidemark::golden {
namespace {

std::vector<std::string> scenarios() {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(TIDEMARK_GOLDEN_FOLDER)) {
    if (file.path().extension() == ".txt") names.push_back(file.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

bool is_update() {
  const char* const mode = std::getenv("TIDEMARK_GOLDEN");
  return mode != nullptr && std::string_view(mode) == "update";
}

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, SaysWhatHappens) {
  const auto path = std::filesystem::path(TIDEMARK_GOLDEN_FOLDER) / (GetParam() + ".txt");
  World world;
  std::string written;
  int commands = 0;
  for (const Piece& piece : parse_script(content(path))) {
    written += piece.source;
    if (!piece.command) continue;
    ++commands;
    std::string got;
    try {
      got = arrows(world.run(*piece.command));
    } catch (const std::runtime_error& error) {
      FAIL() << path.string() << ":" << piece.command->line << ": " << error.what() << "\n"
             << written;
    }
    written += got;
    if (is_update()) continue;
    EXPECT_EQ(got, piece.expected) << path.string() << ":" << piece.command->line << ": "
                                   << piece.source << "says otherwise; TIDEMARK_GOLDEN=update "
                                   << "writes what came of it into the file";
  }
  EXPECT_GT(commands, 0) << "a scenario without a command";
  if (is_update()) std::ofstream(path) << written;
}

INSTANTIATE_TEST_SUITE_P(Scenario, Golden, ::testing::ValuesIn(scenarios()),
                         [](const auto& scenario) { return scenario.param; });

}  // namespace
}  // namespace tidemark::golden
