#include "sql/catalogue.h"

namespace tidemark::sql {
namespace {

template <class Map>
auto* find_in(const Map& map, std::string_view schema, std::string_view name) {
  std::string key(schema);
  key += '\0';
  key += name;
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

const FunctionFact* Catalogue::find_function(std::string_view schema, std::string_view name) const {
  return find_in(functions_, schema, name);
}

const RelationFact* Catalogue::find_relation(std::string_view schema, std::string_view name) const {
  return find_in(relations_, schema, name);
}

}  // namespace tidemark::sql
