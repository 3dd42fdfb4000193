// Whether a text may be judged by its shape alone (sql/shape.h).
#pragma once

#include <string_view>

#include "sql/parse_tree.h"
#include "sql/shape.h"

namespace tidemark::sql {

// Whether all texts of this shape are judged alike. REQUIRES: `scanner` has scanned `text`, and
// `statements` is its tree, of which this thread has judged each statement.
bool is_judged_by_shape(const ShapeScanner& scanner, std::string_view text,
                        const JsonArray& statements);

}  // namespace tidemark::sql
