// A small database for tests: tables shop.item, t, u; a view of each dangerous sort; functions of
// each volatility, PostgreSQL's own and the user's. An object's oid is k_first_… and its place,
// beyond k_first_user_oid unless it is PostgreSQL's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/catalogue.h"

namespace tidemark::sql {

inline constexpr std::size_t k_first_function = 1000;
inline constexpr std::size_t k_first_relation = 5000;
inline constexpr std::size_t k_the_operator = 30000;
inline constexpr std::size_t k_the_type = 40000;

// Without its oid.
inline Catalogue::Row function_row(const char* schema, const char* name, bool built_in,
                                   bool is_volatile, bool as_column = false) {
  const auto text = [](bool value) { return std::string(value ? "true" : "false"); };
  const char* const known = built_in || !is_volatile ? "nothing" : "hidden";
  return {schema, name,         text(built_in), text(is_volatile), text(as_column),
          known,  std::nullopt, std::nullopt,   std::nullopt};
}

// Puts the oids in front.
inline Catalogue::Rows numbered(std::size_t first, Catalogue::Rows rows) {
  for (Catalogue::Row& row : rows) {
    const std::size_t oid = row[0] == "pg_catalog" ? first : first + k_first_user_oid;
    row.insert(row.begin(), std::to_string(oid));
    ++first;
  }
  return rows;
}

// The oid of the first row of that name.
inline std::string oid_of(const Catalogue::Rows& rows, std::string_view name) {
  for (const Catalogue::Row& row : rows) {
    if (row[2] == name) return *row[0];
  }
  return "0";
}

inline constexpr const char* k_harmless_functions =
    "now count sum lower upper coalesce version current_setting pg_backend_pid "
    "pg_is_in_recovery inet_server_addr pg_my_temp_schema pg_current_snapshot "
    "pg_current_xact_id txid_current txid_current_snapshot pg_stat_get_activity "
    "pg_prepared_statement pg_cursor current_schemas timezone extract generate_series "
    "pg_get_viewdef to_char array_agg unnest row_number pg_postmaster_start_time "
    "pg_listening_channels pg_conf_load_time";

inline constexpr const char* k_volatile_functions =
    "random clock_timestamp timeofday gen_random_uuid pg_sleep nextval setval currval "
    "lastval setseed set_config pg_advisory_lock pg_try_advisory_lock "
    "pg_advisory_lock_shared pg_try_advisory_lock_shared pg_advisory_unlock "
    "pg_advisory_unlock_all pg_advisory_xact_lock pg_try_advisory_xact_lock pg_notify "
    "lo_create lo_get lo_unlink pg_sequence_last_value pg_relation_size pg_ls_dir "
    "pg_read_file pg_current_wal_lsn pg_last_wal_replay_lsn pg_blocking_pids pg_switch_wal "
    "pg_cancel_backend pg_create_logical_replication_slot query_to_xml "
    "pg_replication_origin_session_setup pg_logical_emit_message txid_status "
    "pg_export_snapshot pg_stat_reset pg_backup_start pg_lock_status";

// `names` are separated by blanks.
inline void add_built_in_functions(const char* names, bool is_volatile, Catalogue::Rows& rows) {
  std::istringstream stream(names);
  for (std::string name; stream >> name;) {
    rows.push_back(function_row("pg_catalog", name.c_str(), true, is_volatile));
  }
}

inline Catalogue::Rows example_functions() {
  Catalogue::Rows rows;
  add_built_in_functions(k_harmless_functions, false, rows);
  add_built_in_functions(k_volatile_functions, true, rows);
  rows.push_back(function_row("public", "pure", false, false));
  rows.push_back(function_row("public", "wild", false, true));
  rows.push_back(function_row("public", "wild_column", false, true, true));
  rows.push_back(function_row("public", "dblink_connect", false, true));
  rows.push_back(function_row("public", "dblink", false, true));
  rows.push_back(
      function_row("other", "upper", false, true));  // beside the harmless pg_catalog one
  rows.push_back(function_row("public", "a_procedure", false, true));
  return numbered(k_first_function, std::move(rows));
}

inline Catalogue::Rows example_relations() {
  return numbered(k_first_relation, {{"public", "t", ""},
                                     {"public", "u", ""},
                                     {"shop", "item", ""},
                                     {"pg_catalog", "pg_class", ""},
                                     {"pg_catalog", "pg_stat_activity", "view"},
                                     {"pg_catalog", "pg_locks", "view"},
                                     {"pg_catalog", "pg_settings", "view"},
                                     {"pg_catalog", "pg_prepared_statements", "view"},
                                     {"pg_catalog", "pg_cursors", "view"},
                                     {"pg_catalog", "pg_sequences", "view"},
                                     {"pg_catalog", "pg_prepared_xacts", "view"},
                                     {"pg_catalog", "pg_replication_slots", "view"},
                                     {"public", "serial_numbers", "sequence"},
                                     {"public", "scratch", "unlogged"},
                                     {"public", "remote", "foreign"},
                                     {"public", "plain_view", "view"},
                                     {"public", "view_of_sequence", "view"},
                                     {"public", "view_of_nextval", "view"},
                                     {"public", "view_of_lock", "view"},
                                     {"public", "view_of_wild", "view"},
                                     {"public", "view_of_scratch", "view"},
                                     {"public", "view_of_activity", "view"},
                                     {"public", "view_of_view_of_lock", "view"},
                                     {"public", "view_of_newer_syntax", "view"},
                                     {"public", "tenants", ""},
                                     {"public", "wildly_guarded", ""}});
}

// Trees as PostgreSQL keeps them, with little more than what is looked for.
inline std::string tree_of_call(std::string_view function) {
  return "{FUNCEXPR :funcid " + oid_of(example_functions(), function) + " :args <>}";
}

inline std::string tree_of_query(std::string_view relation, const std::string& expression) {
  return "({QUERY :rtable ({RANGETBLENTRY :relid " + oid_of(example_relations(), relation) +
         "}) :targetList (" + expression + ")})";
}

// By the relation's name.
inline std::map<std::string, std::string> example_definitions() {
  return {
      {"plain_view", tree_of_query("t", tree_of_call("lower"))},
      {"view_of_sequence", tree_of_query("serial_numbers", "")},
      {"view_of_nextval", "({QUERY :targetList (" + tree_of_call("nextval") + ")})"},
      {"view_of_lock", tree_of_query("t", tree_of_call("pg_try_advisory_lock"))},
      {"view_of_wild", tree_of_query("t", tree_of_call("wild"))},
      {"view_of_scratch", tree_of_query("scratch", "")},
      {"view_of_activity", tree_of_query("pg_stat_activity", "")},
      {"view_of_view_of_lock", tree_of_query("view_of_lock", "")},
      {"view_of_newer_syntax", "NEWER [:funcid"},
      {"pg_stat_activity", "({QUERY :functions (" + tree_of_call("pg_stat_get_activity") + ")})"},
      {"tenants", "{OPEXPR :args ({VAR} {FUNCEXPR :funcid " +
                      oid_of(example_functions(), "current_setting") +
                      " :args ({CONST :constvalue 7 [ 28 0 0 0 97 46 98 ]})})}"},
      {"wildly_guarded", "{OPEXPR :args ({VAR} " + tree_of_call("wild") + ")}"}};
}

inline Catalogue::Rows example_relations_defined() {
  const auto definitions = example_definitions();
  Catalogue::Rows rows = example_relations();
  for (Catalogue::Row& row : rows) {
    const auto found = definitions.find(*row[2]);
    if (found != definitions.end()) {
      row.emplace_back(found->second);
    } else {
      if (row[3] == "view") row[3] = "";  // judged by its name alone
      row.emplace_back(std::nullopt);
    }
  }
  return rows;
}

inline std::shared_ptr<const Catalogue> example_catalogue(std::uint64_t version = 1) {
  const std::string wild = oid_of(example_functions(), "wild");
  const CatalogueAnswers users = {
      example_relations_defined(),
      Catalogue::Rows{},
      Catalogue::Rows{{std::to_string(k_the_type), "wild_domain", "true", wild}},
      Catalogue::Rows{{std::to_string(k_the_operator), "<~>", "true", wild}},
      example_functions(),
      Catalogue::Rows{}};
  return build_catalogue(version, {}, users).value();
}

}  // namespace tidemark::sql
