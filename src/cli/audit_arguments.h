// The arguments of tidemark audit as they are typed, and what they mean.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audit/options.h"
#include "base/result.h"

namespace tidemark::cli {

struct AuditArguments {
  std::vector<std::string> endpoints;
  std::string write_to;
  std::string truth;
  std::string level;
  std::string choose = "random";
  std::string duration = "30s";
  std::string deadline;

  std::string preset;
  std::string mix;                 // "read=40,read_many=10,…"
  std::string protocols;           // "simple,prepared"
  std::string synchronous_commit;  // "local,on"
  std::optional<unsigned> sessions;
  std::optional<unsigned> keys;
  std::optional<unsigned> transaction_size;
  std::optional<double> skew;
  std::optional<double> own_share;
  std::optional<double> reconnects;
  std::optional<double> rate;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> max_operations;
  bool handoff = false;

  std::optional<std::string> identify;
  std::optional<std::string> token_out;
  std::optional<std::string> token_in;

  std::vector<std::string> pause_replay;  // DSN[=length/period]
  std::vector<std::string> delay_replay;  // DSN=delay
  std::vector<std::pair<std::string, std::string>> at;

  std::string json;
  std::string html;
  std::string save;
  std::string check;
};

// An error names the argument that is wrong, and shows nothing that may be secret.
Result<audit::Options> audit_options(const AuditArguments& arguments);

// The command line again, quoted for a shell, without passwords: for reports.
std::string shown_command(int argc, const char* const* argv);

}  // namespace tidemark::cli
