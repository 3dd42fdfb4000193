// What can be told of rules from the rules alone: those that can never match, and those that
// contradict themselves or one another.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "consistency/rule.h"

namespace tidemark::consistency {

struct Finding {
  enum class Kind { k_error, k_warning };  // errors: the promises could not be kept

  Kind kind = Kind::k_error;
  std::size_t rule = 0;  // its place
  std::string key = {};  // of the rule, the one that is to blame; empty: the rule as a whole
  std::string message = {};

  friend bool operator==(const Finding&, const Finding&) = default;
};

// In the order of the rules. REQUIRES: each rule as CompiledRule requires.
std::vector<Finding> lint(std::span<const Rule> rules);

}  // namespace tidemark::consistency
