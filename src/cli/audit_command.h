// tidemark audit: what an endpoint really promises (audit/audit.h), from the command line.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace tidemark::cli {

// Adds the command to `app`; `run` is set when the command line asks for it. `shown` is the command
// line without secrets, for reports.
void add_audit(CLI::App& app, std::function<int()>& run, const std::string& shown);

}  // namespace tidemark::cli
