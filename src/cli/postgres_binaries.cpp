#include "cli/postgres_binaries.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

namespace tidemark::cli {
namespace {

namespace fs = std::filesystem;

bool is_complete(const fs::path& folder) {
  return std::ranges::all_of(
      std::array{"initdb", "pg_basebackup", "postgres"},
      [&](const char* program) { return access((folder / program).c_str(), X_OK) == 0; });
}

std::string ask_pg_config() {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen("pg_config --bindir 2>/dev/null", "r"),
                                                   &pclose);
  std::array<char, 4096> line{};
  if (!pipe || std::fgets(line.data(), line.size(), pipe.get()) == nullptr) return "";
  std::string text = line.data();
  text.resize(text.find_last_not_of('\n') + 1);
  return text;
}

// /usr/lib/postgresql/NN/bin, highest NN first.
std::vector<fs::path> installed_versions() {
  std::vector<std::pair<int, fs::path>> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const std::string name = entry.path().filename();
    int version = 0;
    std::from_chars(name.data(), name.data() + name.size(), version);
    found.emplace_back(version, entry.path() / "bin");
  }
  std::ranges::sort(found, std::greater{});
  std::vector<fs::path> folders;
  for (auto& [version, folder] : found) folders.push_back(std::move(folder));
  return folders;
}

std::vector<fs::path> search_path() {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  std::vector<fs::path> folders;
  while (!rest.empty()) {
    folders.emplace_back(rest.substr(0, rest.find(':')));
    rest.remove_prefix(std::min(folders.back().native().size() + 1, rest.size()));
  }
  return folders;
}

}  // namespace

Result<std::string> find_postgres(const std::string& wanted) {
  if (!wanted.empty()) {
    if (is_complete(wanted)) return fs::absolute(wanted).string();
    return fail(fmt::format("{} does not hold initdb, pg_basebackup and postgres", wanted));
  }
  std::vector<fs::path> folders = {ask_pg_config()};
  for (auto&& more : {installed_versions(), search_path()}) {
    folders.insert(folders.end(), more.begin(), more.end());
  }
  const auto found = std::ranges::find_if(folders, is_complete);
  if (found != folders.end()) return fs::absolute(*found).string();
  return fail(
      "PostgreSQL's programs (initdb, pg_basebackup, postgres) are not found: install a "
      "PostgreSQL server, or name their folder with --pg-bindir");
}

}  // namespace tidemark::cli
