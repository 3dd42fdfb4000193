// What the plots of the page are drawn from, as JSON. Times are in seconds, latencies in
// milliseconds; null where nothing happened. page/page.js reads it.
#pragma once

#include <string>

#include "audit/checks/findings.h"
#include "audit/history/history.h"

namespace tidemark::audit {

std::string plot_data(const History& history, const Findings& findings);

}  // namespace tidemark::audit
