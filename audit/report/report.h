// The report of one audit, in three forms. Pure: what is written is returned.
#pragma once

#include <string>

#include "audit/checks/findings.h"
#include "audit/history/history.h"

namespace tidemark::audit {

struct Report {
  const History* history = nullptr;
  const Findings* findings = nullptr;
  std::optional<consistency::Level> asked;  // --level
  std::string command;                      // how to run it again, without secrets
  std::string date;                         // when it ran, in words; empty: not said
};

// For a terminal, 100 columns wide; `colour`: with ANSI colours.
std::string text_report(const Report& report, bool colour);

// One JSON object; docs/audit.md describes its keys.
std::string json_report(const Report& report);

// One self-contained page with plots.
std::string html_report(const Report& report);

}  // namespace tidemark::audit
