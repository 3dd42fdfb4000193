// The database of a scenario, as lines:
//
//   table shop.cart
//   sequence shop.numbers
//   view shop.open_carts of shop.cart
//   partition shop.events_2024 of shop.events
//   function total: SELECT sum(price) FROM shop.cart
//   hidden function audit
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sql/catalogue.h"

namespace tidemark::golden {

// Throws std::runtime_error for a line that says nothing, or names a relation before it is there.
std::shared_ptr<const sql::Catalogue> parse_database(const std::vector<std::string>& lines);

}  // namespace tidemark::golden
