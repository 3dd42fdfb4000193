// The SQL that loads a Catalogue. Plain SELECTs of text columns, the same for PostgreSQL 13 to 18,
// that any login may run. Each is to be a transaction of its own (its snapshot holds back VACUUM
// while it runs). They lock nothing but the system catalogues they read, and those only as any
// SELECT does: functions that look into relations (pg_get_viewdef and the like) would lock users'
// relations, and wait for whoever has locked them.
#pragma once

#include <array>
#include <string>

namespace tidemark::sql {

// Objects that came with PostgreSQL are the same in all databases of a server, for as long as it is
// of the same version.
enum class CataloguePart { k_built_ins, k_users };

// In the order in which build_catalogue expects them and in which they must be run: relations with
// definitions, links between relations, types, operators, functions, schemas.
std::array<std::string, 6> catalogue_queries(CataloguePart part);

// One row of two texts. The first changes whenever what the queries about users' objects return may
// have changed, the second likewise for those about built-ins. Cheap enough to ask every second: it
// reads only rows of users' objects, and compares their xmin. To be run before the queries: what is
// committed meanwhile shows in the next.
extern const char* const k_catalogue_fingerprint_query;

}  // namespace tidemark::sql
