// What a client is told when the router refuses.
#pragma once

#include <string_view>

#include "routing/decision.h"

namespace tidemark::routing {

struct Refusal {
  std::string_view sqlstate;
  std::string_view message;
  std::string_view hint;
};

// REQUIRES: a reason of k_refuse.
Refusal refusal_of(Reason reason);

}  // namespace tidemark::routing
