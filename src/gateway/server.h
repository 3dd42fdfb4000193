// The gateway as a whole: configuration, monitor, workers, listeners, signals.
#pragma once

#include <string>

#include "gateway/config.h"

namespace tidemark::gateway {

// Runs until SIGTERM or SIGINT; SIGHUP reads the file at `path` again. Returns the exit code: 0
// after an orderly stop, 1 when a node's name cannot be resolved or an address cannot be listened
// on; the errors are on stderr.
int serve(const Config& config, const std::string& path);

}  // namespace tidemark::gateway
