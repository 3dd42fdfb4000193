// Whether two of the configured nodes are one server under two names.
#pragma once

#include <string>
#include <vector>

#include "net/address.h"

namespace tidemark::gateway {

// A sentence for each such pair, as far as the addresses are resolved: that a name leads to the
// same server as a number, or as another name.
std::vector<std::string> nodes_of_one_server(const std::vector<net::Address>& nodes);

}  // namespace tidemark::gateway
