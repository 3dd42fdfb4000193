// What calling a function does, as far as its name and volatility tell.
#pragma once

#include <string_view>

#include "sql/catalogue.h"
#include "sql/effects.h"
#include "sql/uses.h"

namespace tidemark::sql {

// `rule` is what is known of the built-in function that is meant, null if none is; `fact` what the
// catalogue has, null for nothing.
Effects effects_of_function(std::string_view name, const Effects* rule, const FunctionFact* fact);

// What one of PostgreSQL's own functions touches. Most touch no stored table, whatever their
// volatility; some run SQL that is given as text, or read tables by name.
Uses uses_of_built_in(std::string_view name, bool is_volatile);

// current_setting() of a setting of the application's own (app.tenant): the session's, and it goes
// wherever the session goes.
inline constexpr Effects k_own_setting{.reads_session_catalog = true};

}  // namespace tidemark::sql
