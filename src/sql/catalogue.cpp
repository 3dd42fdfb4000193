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

bool Catalogue::is_volatile_operator(std::string_view name) const {
  return version_ == 0 || operators_.contains(name);
}

bool Catalogue::is_volatile_type(std::string_view name) const {
  return version_ == 0 || types_.contains(name);
}

bool Catalogue::is_volatile_column(std::string_view name) const {
  const FunctionFact* fact = find_function("", name);
  return version_ == 0 || (fact != nullptr && fact->as_column);
}

}  // namespace tidemark::sql
