// In which schemas an unqualified name is looked for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark::sql {

// A value. Temporary schemas are no part of it: what lies there is no stored table.
class SearchPath {
 public:
  // Unknown: a name may be in any schema.
  SearchPath() = default;

  // From the setting as the server tells it (SHOW search_path, current_setting, pg_proc.proconfig),
  // cut and folded as PostgreSQL does (SplitIdentifierString in varlena.c; recomputeNamespacePath
  // in namespace.c): pg_catalog comes first unless it is listed. `role` is the current user, whose
  // name replaces "$user"; empty when unknown. Gives the unknown path if the text is no such list,
  // or says "$user" of an unknown role. Beware: the constants of a SET statement joined with commas
  // are no such text.
  static SearchPath parse(std::string_view setting, std::string_view role);

  bool known() const { return known_; }
  // In the order in which they are searched, pg_catalog among them. Empty when unknown.
  const std::vector<std::string>& schemas() const { return schemas_; }
  // Schemas that it may not use are passed over. Empty when unknown.
  const std::string& role() const { return role_; }

  bool operator==(const SearchPath&) const = default;

 private:
  bool known_ = false;
  std::vector<std::string> schemas_;
  std::string role_;
};

}  // namespace tidemark::sql
