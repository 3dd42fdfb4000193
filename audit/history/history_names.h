// What the enumerators of a history are called in a file, in their order.
#pragma once

#include <array>
#include <string_view>

#include "audit/history/history.h"

namespace tidemark::audit {

constexpr std::array<std::string_view, 3> k_row_kinds = {"register", "counter", "list"};
constexpr std::array<std::string_view, 5> k_operation_kinds = {"read", "read_transaction", "write",
                                                               "hand_over", "take_over"};
constexpr std::array<std::string_view, 4> k_protocols = {"simple", "extended", "prepared",
                                                         "pipelined"};
constexpr std::array<std::string_view, 3> k_outcomes = {"ok", "failed", "maybe"};
constexpr std::array<std::string_view, 3> k_served_by = {"unknown", "primary", "standby"};

}  // namespace tidemark::audit
