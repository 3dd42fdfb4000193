// The SQL that loads a Catalogue. Plain SELECTs of text columns, the same for PostgreSQL 13 to 18,
// that any login may run. Run them with search_path = pg_catalog, so that definitions come out
// qualified.
#pragma once

#include <array>

namespace tidemark::sql {

// In the order that build_catalogue expects: functions, operators, types, relations, definitions.
extern const std::array<const char*, 5> k_catalogue_queries;

// One text value that changes whenever what the queries above return may have changed. Cheap enough
// to ask every second: it reads only rows of user objects, and compares their xmin.
extern const char* const k_catalogue_fingerprint_query;

}  // namespace tidemark::sql
