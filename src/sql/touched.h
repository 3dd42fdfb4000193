// A stored relation that a statement touches, however indirectly.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace tidemark::sql {

struct Touched {
  std::uint32_t oid = 0;  // of pg_class; holds for one Catalogue::version()
  std::string schema;
  std::string name;

  auto operator<=>(const Touched&) const = default;
};

}  // namespace tidemark::sql
