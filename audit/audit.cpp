#include "audit/audit.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>

#include "audit/checks/check.h"
#include "audit/history/history_file.h"
#include "audit/report/report.h"
#include "audit/workload/run.h"

namespace tidemark::audit {
namespace {

void say(const std::string& text) { fmt::print(stderr, "tidemark audit: {}\n", text); }

bool cannot(const char* what, const std::string& path) {
  say(fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
  return false;
}

bool write_text(const std::string& path, const std::string& text) {
  if (path == "-") {
    std::cout << text << std::flush;
    return std::cout.good() || cannot("write", "standard output");
  }
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return !file.fail() || cannot("write", path);
}

bool write_history(const std::string& path, const History& history) {
  if (path == "-") {
    save_history(history, std::cout);
    std::cout.flush();
    return std::cout.good() || cannot("write", "standard output");
  }
  std::ofstream file(path, std::ios::binary);
  save_history(history, file);
  file.close();
  return !file.fail() || cannot("write", path);
}

Result<History> read_history(const std::string& path) {
  if (path == "-") return load_history(std::cin);
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  auto history = load_history(file);
  if (!history) return fail(fmt::format("{}: {}", path, history.error().message));
  return history;
}

// Finds out before the run whether what is to be written can be.
bool can_write(const std::string& path) {
  if (path.empty() || path == "-") return true;
  return std::ofstream(path, std::ios::binary | std::ios::app).good() || cannot("write", path);
}

// "2026-03-01 12:00:00 UTC"
std::string now_in_words() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return text.data();
}

bool write_reports(const Options& options, const Report& report, const Console& console) {
  bool written = true;
  // What goes to standard output goes there alone.
  if (options.json != "-" && options.html != "-" && options.save != "-") {
    written = write_text("-", text_report(report, console.colour));
  }
  if (!options.json.empty()) written = write_text(options.json, json_report(report)) && written;
  if (!options.html.empty()) written = write_text(options.html, html_report(report)) && written;
  return written;
}

Result<Findings> find(const Options& options, const History& history) {
  CheckOptions check_options;
  if (options.level && options.level->kind == consistency::Level::Kind::k_bounded) {
    check_options.bound = options.level->bound;
  }
  return check(history, check_options);
}

}  // namespace

AuditExit audit(const Options& options, const Console& console) {
  for (const std::string* path : {&options.json, &options.html, &options.save}) {
    if (!can_write(*path)) return AuditExit::k_could_not_run;
  }
  const auto history = options.check.empty() ? run(options, console) : read_history(options.check);
  if (!history) {
    say(history.error().message);
    return AuditExit::k_could_not_run;
  }
  // Saved first: what the checks make of it can be looked into later.
  bool written = options.save.empty() || write_history(options.save, *history);
  const auto findings = find(options, *history);
  if (!findings) {
    say(findings.error().message);
    return AuditExit::k_could_not_run;
  }
  const Report report{.history = &*history,
                      .findings = &*findings,
                      .asked = options.level,
                      .command = options.command,
                      .date = now_in_words()};
  written = write_reports(options, report, console) && written;
  if (options.level && !held(*findings, *options.level)) return AuditExit::k_violated;
  return written ? AuditExit::k_held : AuditExit::k_could_not_run;
}

}  // namespace tidemark::audit
