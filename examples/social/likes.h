// The figures of likes: a worker adds them up, and readers see what has reached them of it.
#pragma once

#include <optional>

#include "examples/kit/database.h"
#include "examples/kit/program.h"

namespace social {

// Brings the figures up to date. One worker does, so on the primary they only grow.
void add_up_likes(kit::Database& db);

// Once nobody likes anything any more: the seconds from the last time that they are added up until
// as many are shown as there are, by whoever serves them. Nothing if that does not come.
std::optional<double> time_to_converge(kit::Run& run);

}  // namespace social
