// The sections of the page that are words and tables.
#pragma once

#include <string>

#include "audit/report/report.h"
#include "audit/report/summary.h"

namespace tidemark::audit::html {

// What stands on top: is it good or bad, and the figures that matter most.
std::string verdict(const Report& report, const Summary& summary);

// Each guarantee with its definition, its source and what the run says of it.
std::string guarantees(const Findings& findings);

// "" where there are none.
std::string stories(const Report& report);

std::string staleness_table(const Summary& summary);
std::string latency_table(const Summary& summary);
std::string served_tables(const Summary& summary);
std::string errors(const Summary& summary);
std::string events(const History& history);

}  // namespace tidemark::audit::html
