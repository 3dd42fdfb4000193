// Asks the checks about hand-made histories, for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "audit/checks/check.h"
#include "audit/checks/testing.h"

namespace tidemark::audit::testing {

inline Findings findings(const History& history, const CheckOptions& options = {}) {
  auto found = check(history, options);
  EXPECT_TRUE(found.has_value()) << found.error().message;
  return found.value_or(Findings{});
}

inline Verdict verdict(Guarantee guarantee, std::string_view text,
                       const CheckOptions& options = {}) {
  return findings(history(text), options).verdicts.at(std::to_underlying(guarantee));
}

// The names of the guarantees that were violated, in their order.
inline std::string violated(const Findings& findings) {
  std::string names;
  for (const Verdict& verdict : findings.verdicts) {
    if (verdict.violations == 0) continue;
    names += (names.empty() ? "" : " ") + std::string(name(verdict.guarantee));
  }
  return names;
}

inline std::string violated(std::string_view text) { return violated(findings(history(text))); }

// What the best example says, a line a step and one for the conclusion.
inline std::string told(const Verdict& verdict) {
  std::string text;
  if (verdict.examples.empty()) return text;
  for (const Step& step : verdict.examples[0].steps) {
    text += std::to_string(step.operation) + " " + step.what + "\n";
  }
  return text + verdict.examples[0].conclusion;
}

}  // namespace tidemark::audit::testing
