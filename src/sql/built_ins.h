// What PostgreSQL's own functions and views do beyond reading replicated data. Their volatility
// alone does not say: random() is as volatile as pg_advisory_lock(), pg_stat_activity as stable as
// pg_class.
#pragma once

#include <string_view>

#include "sql/effects.h"

namespace tidemark::sql {

// By name, as found in pg_catalog of PostgreSQL 13 to 18. Null: nothing is known about it here, so
// that its volatility decides.
const Effects* built_in_function(std::string_view name);

// Of the built-in functions that may write: it changes nothing that a standby would ever be asked
// for. Sequences are read on the primary alone.
bool writes_no_table(std::string_view name);

// Built-in functions that run SQL given as text, or read tables, or changes of them, by name.
bool runs_given_text(std::string_view name);

// Views of pg_catalog that show the state of one server. Null for ordinary relations.
const Effects* built_in_relation(std::string_view name);

// Functions of known extensions that tie something to the server session, in whatever schema they
// are installed. Null for all others.
const Effects* extension_function(std::string_view name);

}  // namespace tidemark::sql
