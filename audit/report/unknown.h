// What a run could not know, said aloud: a report that passes over its own blind spots is a lie.
#pragma once

#include <string>
#include <vector>

#include "audit/report/summary.h"

namespace tidemark::audit {

// Sentences for people, the most important first; `summary` is finished but for them.
std::vector<std::string> what_is_unknown(const History& history, const Findings& findings,
                                         const Summary& summary);

}  // namespace tidemark::audit
