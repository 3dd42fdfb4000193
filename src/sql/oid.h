// What PostgreSQL calls its objects in its catalogues.
#pragma once

#include <cstdint>

namespace tidemark::sql {

using Oid = std::uint32_t;

// Objects of PostgreSQL itself have oids below this one (FirstNormalObjectId).
inline constexpr Oid k_first_user_oid = 16384;

}  // namespace tidemark::sql
