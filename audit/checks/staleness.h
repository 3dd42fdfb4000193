// How stale each read was, and whether a bound was kept (Terry 2013).
#pragma once

#include <optional>

#include "audit/checks/findings.h"
#include "audit/checks/model.h"

namespace tidemark::audit {

// Of each row of each snapshot, by when it began. A version counts as acknowledged with the first
// acknowledgement of itself or of a later one.
std::vector<Stale> staleness(const Model& model);

// Without a bound nothing is checked. A bound of 0 is one: nothing acknowledged may be missing.
Verdict check_bounded(const Model& model, std::optional<Duration> bound);

}  // namespace tidemark::audit
