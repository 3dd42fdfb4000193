// The one place that reads the monotonic clock.
#pragma once

#include "base/instant.h"

namespace tidemark::net {

// CLOCK_MONOTONIC, read afresh. Any thread.
Instant now();

}  // namespace tidemark::net
