// Transaction characteristics: BEGIN's options, SET TRANSACTION, and the settings that mean the
// same.
#pragma once

#include <string_view>

#include "sql/effects.h"
#include "sql/parse_tree.h"
#include "sql/statement.h"

namespace tidemark::sql {

inline constexpr Effects k_serializable_effects = reads_primary("SERIALIZABLE transaction");

// The list of DefElem nodes of BEGIN and SET TRANSACTION, into isolation, read_only, deferrable.
void read_characteristics(JsonArray options, Statement& statement);

// SET TRANSACTION …, SET TRANSACTION SNAPSHOT, SET SESSION CHARACTERISTICS: the struct of a
// VariableSetStmt of the kind VAR_SET_MULTI. Returns what the statement itself does.
Effects set_transaction(const JsonObject& fields, Statement& statement);

// transaction_isolation, transaction_read_only, transaction_deferrable.
bool is_transaction_setting(std::string_view name);

// SET of one of these: setting_name and setting_value are there already.
Effects set_transaction_setting(Statement& statement);

// ASCII only, as names of settings are.
std::string lower(std::string_view text);

}  // namespace tidemark::sql
