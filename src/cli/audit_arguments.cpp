#include "cli/audit_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "audit/workload/dsn.h"
#include "base/duration.h"

namespace tidemark::cli {
namespace {

using audit::Protocol;

// Operations are numbered by 32 bits.
constexpr std::uint64_t k_most_operations = 1'000'000'000;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// "X=50ms" is ("X", "50ms"), and "host=a" is ("host=a", ""): what stands behind the last = counts
// only if it begins with a number and goes on with a unit.
std::pair<std::string, std::string> split_off_duration(const std::string& text) {
  const std::size_t at = text.rfind('=');
  if (at == std::string::npos) return {text, ""};
  const std::string behind = text.substr(at + 1);
  const std::string first = behind.substr(0, behind.find('/'));
  if (!parse_duration(first)) return {text, ""};
  return {text.substr(0, at), behind};
}

Result<Duration> positive(const char* argument, const std::string& text) {
  const auto duration = parse_duration(text);
  if (!duration) return fail(fmt::format("{}: {}", argument, duration.error().message));
  if (*duration <= Duration::zero()) return fail(fmt::format("{} must be more than 0", argument));
  return duration;
}

Result<void> read_mix(const std::string& text, audit::Mix& mix) {
  const std::array<std::pair<std::string_view, unsigned*>, 6> parts = {{
      {"read", &mix.read_one},
      {"read_many", &mix.read_many},
      {"read_transaction", &mix.read_transaction},
      {"write", &mix.write},
      {"increment", &mix.increment},
      {"append", &mix.append},
  }};
  if (!text.empty()) mix = {0, 0, 0, 0, 0, 0};
  for (const std::string_view part : split(text, ',')) {
    const std::size_t at = part.find('=');
    const auto* found = std::ranges::find(parts, part.substr(0, at),
                                          &std::pair<std::string_view, unsigned*>::first);
    unsigned share = 0;
    const std::string_view number = at == part.npos ? "" : part.substr(at + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), share);
    if (found == parts.end() || error != std::errc() || end != number.data() + number.size() ||
        share > 1'000'000) {
      return fail(
          fmt::format("--mix: \"{}\" is not one of read=N, read_many=N, read_transaction=N, "
                      "write=N, increment=N, append=N",
                      part));
    }
    *found->second = share;
  }
  if (mix.read_one + mix.read_many + mix.read_transaction == 0) return fail("--mix never reads");
  if (mix.write + mix.increment + mix.append == 0) return fail("--mix never writes");
  return {};
}

Result<void> read_protocols(const std::string& text, std::vector<Protocol>& protocols) {
  constexpr std::array<std::pair<std::string_view, Protocol>, 4> k_names = {{
      {"simple", Protocol::k_simple},
      {"extended", Protocol::k_extended},
      {"prepared", Protocol::k_prepared},
      {"pipelined", Protocol::k_pipelined},
  }};
  if (!text.empty()) protocols.clear();
  for (const std::string_view part : split(text, ',')) {
    const auto* found =
        std::ranges::find(k_names, part, &std::pair<std::string_view, Protocol>::first);
    if (found == k_names.end()) {
      return fail(fmt::format(
          "--protocols: \"{}\" is not one of simple, extended, prepared, pipelined", part));
    }
    protocols.push_back(found->second);
  }
  return {};
}

Result<void> read_durabilities(const std::string& text, std::vector<std::string>& durabilities) {
  constexpr std::array<std::string_view, 5> k_names = {"off", "local", "remote_write", "on",
                                                       "remote_apply"};
  for (const std::string_view part : split(text, ',')) {
    if (std::ranges::find(k_names, part) == k_names.end()) {
      return fail(fmt::format("--synchronous-commit: \"{}\" is not one of {}", part,
                              fmt::join(k_names, ", ")));
    }
    durabilities.emplace_back(part);
  }
  return {};
}

template <class T>
Result<void> between(const char* argument, const std::optional<T>& given, T least, T most, T& to) {
  if (!given) return {};
  if (!(*given >= least && *given <= most)) {  // nor what is no number
    return fail(fmt::format("{} must be between {} and {}", argument, least, most));
  }
  to = *given;
  return {};
}

Result<audit::Workload> workload(const AuditArguments& arguments) {
  audit::Workload workload;
  if (!arguments.preset.empty()) {
    const auto named = audit::preset(arguments.preset);
    if (!named) return fail("--preset is one of shop, social, bank");
    workload = *named;
  }
  if (arguments.seed) workload.seed = *arguments.seed;
  if (arguments.handoff) workload.handoff = true;
  if (!arguments.deadline.empty()) {
    const auto deadline = positive("--deadline", arguments.deadline);
    if (!deadline) return std::unexpected(deadline.error());
    workload.patience = *deadline;
  }
  for (const Result<void>& read :
       {between("--sessions", arguments.sessions, 1U, 1000U, workload.sessions),
        between("--keys", arguments.keys, 1U, 1'000'000U, workload.keys),
        between("--transaction-size", arguments.transaction_size, 1U, 100U,
                workload.transaction_size),
        between("--skew", arguments.skew, 0.0, 5.0, workload.skew),
        between("--own-share", arguments.own_share, 0.0, 1.0, workload.own_share),
        between("--reconnects", arguments.reconnects, 0.0, 1.0, workload.reconnects),
        between("--rate", arguments.rate, 0.0, 1e9, workload.rate),
        between("--max-operations", arguments.max_operations, std::uint64_t{1}, k_most_operations,
                workload.most_operations),
        read_mix(arguments.mix, workload.mix),
        read_protocols(arguments.protocols, workload.protocols),
        read_durabilities(arguments.synchronous_commit, workload.synchronous_commit)}) {
    if (!read) return std::unexpected(read.error());
  }
  return workload;
}

Result<audit::PauseReplay> pause(const std::string& text) {
  const auto [dsn, how] = split_off_duration(text);
  audit::PauseReplay fault{.dsn = dsn};
  const auto parts = split(how, '/');
  if (!parts.empty()) {
    const auto length = positive("--pause-replay", std::string(parts[0]));
    if (!length) return std::unexpected(length.error());
    fault.length = *length;
    fault.period = std::max<Duration>(fault.period, 4 * fault.length);
  }
  if (parts.size() > 1) {
    const auto period = positive("--pause-replay", std::string(parts[1]));
    if (!period) return std::unexpected(period.error());
    fault.period = *period;
  }
  if (fault.period <= fault.length) {
    return fail("--pause-replay DSN=LENGTH/PERIOD: the period must be longer than the pause");
  }
  return fault;
}

Result<audit::Faults> faults(const AuditArguments& arguments) {
  audit::Faults faults;
  for (const std::string& text : arguments.pause_replay) {
    auto fault = pause(text);
    if (!fault) return std::unexpected(fault.error());
    faults.pause_replay.push_back(std::move(*fault));
  }
  for (const std::string& text : arguments.delay_replay) {
    const auto [dsn, delay] = split_off_duration(text);
    if (delay.empty()) return fail("--delay-replay needs DSN=DELAY, such as \"host=…=50ms\"");
    const auto duration = positive("--delay-replay", delay);
    if (!duration) return std::unexpected(duration.error());
    faults.delay_replay.push_back({.dsn = dsn, .delay = *duration});
  }
  for (const auto& [when, command] : arguments.at) {
    const auto duration = parse_duration(when);
    if (!duration) return fail(fmt::format("--at: {}", duration.error().message));
    faults.commands.push_back({.at = *duration, .text = command});
  }
  return faults;
}

Result<void> check_dsns(const audit::Options& options) {
  std::vector<std::pair<const char*, std::string>> dsns;
  for (const std::string& dsn : options.endpoints) dsns.emplace_back("an endpoint", dsn);
  dsns.emplace_back("--write-to", options.write_to);
  dsns.emplace_back("--truth", options.truth);
  for (const auto& fault : options.faults.pause_replay) {
    dsns.emplace_back("--pause-replay", fault.dsn);
  }
  for (const auto& fault : options.faults.delay_replay) {
    dsns.emplace_back("--delay-replay", fault.dsn);
  }
  for (const auto& [argument, dsn] : dsns) {
    if (const auto shown = audit::without_secrets(dsn); !shown) {
      return fail(fmt::format("{}: {}", argument, shown.error().message));
    }
  }
  return {};
}

Result<audit::Choice> choice(const std::string& text) {
  if (text == "random") return audit::Choice::k_random;
  if (text == "round-robin") return audit::Choice::k_round_robin;
  if (text == "sticky") return audit::Choice::k_sticky;
  return fail("--choose is one of random, round-robin, sticky");
}

}  // namespace

Result<audit::Options> audit_options(const AuditArguments& arguments) {
  if (arguments.endpoints.empty() == arguments.check.empty()) {
    return fail("give an endpoint to audit, or --check and the file of a history");
  }
  audit::Options options;
  options.endpoints = arguments.endpoints;
  options.write_to = arguments.write_to;
  options.truth = arguments.truth;
  options.session_sql = {.identify = arguments.identify,
                         .token_out = arguments.token_out,
                         .token_in = arguments.token_in};
  options.json = arguments.json;
  options.html = arguments.html;
  options.save = arguments.save;
  options.check = arguments.check;
  if (!arguments.level.empty()) {
    const auto level = consistency::parse_level(arguments.level);
    if (!level || level->kind == consistency::Level::Kind::k_policy) {
      return fail(
          "--level is one of strong, bounded(2s), causal, session, read_your_writes, "
          "monotonic_reads, eventual");
    }
    options.level = *level;
  }
  const auto choose = choice(arguments.choose);
  if (!choose) return std::unexpected(choose.error());
  options.choice = *choose;
  const auto duration = positive("--duration", arguments.duration);
  if (!duration) return std::unexpected(duration.error());
  options.duration = *duration;
  auto work = workload(arguments);
  if (!work) return std::unexpected(work.error());
  options.workload = std::move(*work);
  auto broken = faults(arguments);
  if (!broken) return std::unexpected(broken.error());
  options.faults = std::move(*broken);
  const auto checked = check_dsns(options);
  if (!checked) return std::unexpected(checked.error());
  return options;
}

std::string shown_command(int argc, const char* const* argv) {
  std::string command = "tidemark";
  for (int at = 1; at < argc; ++at) {
    const std::string word = audit::masked(argv[at]);
    const bool plain = !word.empty() && word.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789-_./:,=") == word.npos;
    std::string quoted;
    for (const char letter : word) quoted += letter == '\'' ? "'\\''" : std::string(1, letter);
    command += plain ? " " + word : " '" + quoted + "'";
  }
  return command;
}

}  // namespace tidemark::cli
