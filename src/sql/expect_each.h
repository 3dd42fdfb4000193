// Tests as tables: what the example catalogue makes of each text.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "sql/classify.h"
#include "sql/example_catalogue.h"
#include "sql/summary.h"

namespace tidemark::sql {

struct Case {
  const char* text;
  const char* expected;  // summary() of what the example catalogue makes of it
};

inline void expect_each(const std::vector<Case>& cases) {
  const auto catalogue = example_catalogue();
  for (const Case& each : cases) {
    EXPECT_EQ(summary(*classify(each.text, *catalogue)), each.expected) << each.text;
  }
}

}  // namespace tidemark::sql
