// A small database for tests: tables shop.item, t, u; a view of each dangerous sort; functions of
// each volatility, PostgreSQL's own and the user's.
#pragma once

#include <array>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "sql/catalogue.h"

namespace tidemark::sql {

inline Catalogue::Row function_row(const char* schema, const char* name, bool built_in,
                                   bool is_volatile, bool as_column = false) {
  const auto text = [](bool value) { return std::string(value ? "true" : "false"); };
  return {schema,
          name,
          text(built_in),
          text(built_in && is_volatile),
          text(!built_in && is_volatile),
          text(as_column)};
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
  return rows;
}

inline Catalogue::Rows example_relations() {
  return {{"public", "t", ""},
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
          {"public", "wildly_guarded", ""}};
}

inline Catalogue::Rows example_definitions() {
  return {{"public", "view_of_view_of_lock", "SELECT * FROM view_of_lock"},  // before its own
          {"public", "plain_view", " SELECT t.a, lower(t.b) AS b FROM public.t;"},
          {"public", "view_of_sequence", "SELECT last_value FROM serial_numbers"},
          {"public", "view_of_nextval", "SELECT nextval('serial_numbers'::regclass) AS n"},
          {"public", "view_of_lock", "SELECT a FROM t WHERE pg_try_advisory_lock(42)"},
          {"public", "view_of_wild", "SELECT public.wild(a) FROM t"},
          {"public", "view_of_scratch", "SELECT * FROM scratch"},
          {"public", "view_of_activity", "SELECT * FROM pg_stat_activity"},
          {"public", "view_of_newer_syntax", "SELECT JSON_SCALAR(1 FORMAT NEWER)"},
          {"pg_catalog", "pg_stat_activity", "SELECT * FROM pg_stat_get_activity(NULL::integer)"},
          {"public", "tenants", "SELECT (tenant = current_setting('app.tenant'::text))"},
          {"public", "wildly_guarded", "SELECT (a = wild(a))"}};
}

inline std::shared_ptr<const Catalogue> example_catalogue(std::uint64_t version = 1) {
  const std::array<Catalogue::Rows, 5> answers = {example_functions(), Catalogue::Rows{{"<~>"}},
                                                  Catalogue::Rows{{"wild_domain"}},
                                                  example_relations(), example_definitions()};
  return build_catalogue(version, answers).value();
}

}  // namespace tidemark::sql
