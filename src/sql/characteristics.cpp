#include "sql/characteristics.h"

#include <string>

namespace tidemark::sql {
namespace {

std::optional<Isolation> isolation_of(std::string_view text) {
  if (text == "serializable") return Isolation::k_serializable;
  if (text == "repeatable read") return Isolation::k_repeatable_read;
  if (text == "read committed" || text == "read uncommitted") return Isolation::k_read_committed;
  return std::nullopt;
}

std::optional<bool> truth_of(std::string_view text) {
  if (text == "1" || text == "on" || text == "true" || text == "yes") return true;
  if (text == "0" || text == "off" || text == "false" || text == "no") return false;
  return std::nullopt;
}

void read_characteristic(std::string_view name, std::string_view value, Statement& statement) {
  const std::string text = lower(value);
  if (name == "transaction_isolation") statement.isolation = isolation_of(text);
  if (name == "transaction_read_only") statement.read_only = truth_of(text);
  if (name == "transaction_deferrable") statement.deferrable = truth_of(text);
}

}  // namespace

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

void read_characteristics(JsonArray options, Statement& statement) {
  for (const Json option : options) {
    const auto node = as_node(option);
    const auto value = node ? node_field(node->fields, "arg") : std::nullopt;
    if (!value) continue;
    read_characteristic(text_field(node->fields, "defname"), constant_text(*value).value_or(""),
                        statement);
  }
}

Effects set_transaction(const JsonObject& fields, Statement& statement) {
  const std::string_view name = text_field(fields, "name");
  if (name == "TRANSACTION SNAPSHOT") return reads_primary("imports a snapshot");
  const auto options = array_field(fields, "args");
  if (options) read_characteristics(*options, statement);
  if (name != "SESSION CHARACTERISTICS") {
    statement.local_settings = true;
    return statement.isolation == Isolation::k_serializable ? k_serializable_effects : Effects{};
  }
  statement.session_characteristics = true;
  if (statement.isolation) statement.settings.emplace_back("default_transaction_isolation");
  if (statement.read_only) statement.settings.emplace_back("default_transaction_read_only");
  if (statement.deferrable) statement.settings.emplace_back("default_transaction_deferrable");
  return {};
}

bool is_transaction_setting(std::string_view name) {
  return name == "transaction_isolation" || name == "transaction_read_only" ||
         name == "transaction_deferrable";
}

Effects set_transaction_setting(Statement& statement) {
  statement.local_settings = true;
  read_characteristic(statement.setting_name, statement.setting_value, statement);
  return statement.isolation == Isolation::k_serializable ? k_serializable_effects : Effects{};
}

}  // namespace tidemark::sql
