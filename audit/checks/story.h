// Story: a counterexample in plain words: who did what when, from where.
#pragma once

#include <string>
#include <vector>

#include "audit/checks/findings.h"
#include "audit/history/history.h"

namespace tidemark::audit {

// One line a step and one for the conclusion, each to be wrapped by whoever shows it:
//
//   1.204 s: session 3 wrote register 7, version 3; answered after 1.2 ms by the primary
//   (endpoint "host=a", connection 5)
//   1.210 s: session 3 saw register 7, version 2; ...
//   So its own version 3, acknowledged 4.8 ms before, was missing.
std::vector<std::string> story(const Violation& violation, const History& history);

// One of these lines.
std::string story_line(const Step& step, const History& history);

}  // namespace tidemark::audit
