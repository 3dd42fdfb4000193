#include "session/settings.h"

#include <algorithm>

#include "base/check.h"

namespace tidemark::session {
namespace {

constexpr std::string_view k_role = "role";

// As an SQL literal that reads the same whatever standard_conforming_strings says.
std::string literal(std::string_view text) {
  const bool escaped = text.find('\\') != std::string_view::npos;
  std::string out = escaped ? " E'" : "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += c;
    out += c;
  }
  out += '\'';
  return out;
}

// As an identifier; a name with dots ("app.user") has one between each.
std::string identifier(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '.') {
      out += "\".\"";
      continue;
    }
    if (c == '"') out += c;
    out += c;
  }
  return out + "\"";
}

const Settings& contents(const SettingsPtr& settings) {
  static const Settings k_none;
  return settings == nullptr ? k_none : *settings;
}

std::string set_config(std::string_view name, std::string_view value) {
  return "SELECT pg_catalog.set_config(" + literal(name) + "," + literal(value) + ",false);";
}

}  // namespace

bool same_settings(const SettingsPtr& a, const SettingsPtr& b) {
  return a == b || contents(a) == contents(b);
}

std::string_view setting_or_empty(const SettingsPtr& settings, std::string_view name) {
  const Settings& all = contents(settings);
  const auto found = all.find(name);
  return found == all.end() ? std::string_view() : std::string_view(found->second);
}

std::string sql_to_align(const SettingsPtr& from, const SettingsPtr& to) {
  if (same_settings(from, to)) return {};
  const Settings& old = contents(from);
  const Settings& wanted = contents(to);
  std::string sql;
  if (old.contains(k_role)) sql += "RESET ROLE;";
  for (const auto& [name, value] : old) {
    if (name != k_role && !wanted.contains(name)) sql += "RESET " + identifier(name) + ";";
  }
  for (const auto& [name, value] : wanted) {
    const auto before = old.find(name);
    if (name == k_role || (before != old.end() && before->second == value)) continue;
    sql += set_config(name, value);
  }
  const auto role = wanted.find(k_role);
  if (role != wanted.end()) sql += set_config(k_role, role->second);
  return sql;
}

std::string sql_to_capture(const std::set<std::string>& names) {
  std::string sql = "SELECT ";
  bool first = true;
  for (const std::string& name : names) {
    if (!first) sql += ',';
    first = false;
    sql += "pg_catalog.current_setting(" + literal(name) + ",true)";
  }
  return sql;
}

SettingsPtr captured(const SettingsPtr& before, const std::set<std::string>& names,
                     const std::vector<std::optional<std::string_view>>& row) {
  CHECK(row.size() == names.size());
  Settings settings = contents(before);
  std::size_t column = 0;
  for (const std::string& name : names) {
    const std::optional<std::string_view> value = row[column++];
    if (value.has_value()) {
      settings.insert_or_assign(name, std::string(*value));
    } else {
      settings.erase(name);
    }
  }
  if (settings.empty()) return nullptr;
  return std::make_shared<const Settings>(std::move(settings));
}

bool is_told_by_text(std::string_view name, std::string_view value) {
  // The parser tells of numbers below zero as if they were zero.
  if (value.empty() || value == "0") return false;
  // An interval is one only in SET; what DateStyle is set to leaves parts of it as they were.
  if (name == "timezone" || name == "datestyle") return false;
  // SET takes each constant for one name, set_config() the whole for a list of them.
  const bool lists_names =
      name == "search_path" || name == "temp_tablespaces" || name.ends_with("_preload_libraries");
  return !lists_names ||
         std::ranges::all_of(value, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

const std::string_view k_sql_to_probe =
    "SELECT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace = "
    "pg_catalog.pg_my_temp_schema()),"
    "EXISTS (SELECT FROM pg_catalog.pg_listening_channels()),"
    "EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND pid = "
    "pg_catalog.pg_backend_pid()),"
    "EXISTS (SELECT FROM pg_catalog.pg_cursors WHERE is_holdable),"
    "(SELECT count(*) FROM pg_catalog.pg_prepared_statements)";

const std::vector<std::string_view> k_residues = {
    "temporary table", "LISTEN", "session-level advisory lock", "cursor WITH HOLD"};

}  // namespace tidemark::session
