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

}  // namespace tidemark::sql
