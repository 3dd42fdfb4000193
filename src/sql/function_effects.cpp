#include "sql/function_effects.h"

#include "sql/built_ins.h"

namespace tidemark::sql {

Effects effects_of_function(std::string_view name, const Effects* rule, const FunctionFact* fact) {
  Effects effects;
  if (rule != nullptr) effects.merge(*rule);
  if (const Effects* extension = extension_function(name)) effects.merge(*extension);
  if (fact == nullptr) {
    effects.merge(unknown("function unknown to the catalogue"));
  } else if (fact->user_volatile || (fact->built_in_volatile && rule == nullptr)) {
    effects.merge(anything("volatile function"));
  }
  return effects;
}

Uses uses_of_built_in(std::string_view name, bool is_volatile) {
  Uses uses;
  const Effects* rule = built_in_function(name);
  const bool writes = rule != nullptr ? rule->may_write : is_volatile;
  uses.writes_unknown = writes && !writes_no_table(name);
  uses.reads_unknown = runs_given_text(name) || (rule == nullptr && is_volatile);
  return uses;
}

}  // namespace tidemark::sql
