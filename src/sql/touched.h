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
  // A view, or a partition or heir: the tables behind it, or its ancestors, are listed, too, and
  // say what is to be said of it.
  bool spoken_for = false;

  auto operator<=>(const Touched&) const = default;
};

}  // namespace tidemark::sql
