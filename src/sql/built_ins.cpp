#include "sql/built_ins.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tidemark::sql {
namespace {

constexpr const char* k_server_state = "reads the server's own state";
constexpr const char* k_server_files = "reads the server's own files";
constexpr const char* k_advisory = "advisory lock";
constexpr const char* k_administration = "administration function";
constexpr const char* k_replication = "replication slot, origin or backup";

constexpr Effects k_session_catalog{.why_primary = k_server_state, .reads_session_catalog = true};
constexpr Effects k_prepared{
    .why_primary = k_server_state, .reads_session_catalog = true, .reads_prepared = true};

struct Rule {
  Effects effects;
  std::string_view names;  // separated by blanks; "pg_stat_*" is every name that begins so
};

const std::initializer_list<Rule> k_functions = {
    {reads_primary("volatile function"),
     "random random_normal clock_timestamp timeofday gen_random_uuid uuidv4 uuidv7 pg_sleep "
     "pg_sleep_for pg_sleep_until current_query set_config"},
    {writes("sequence"), "nextval setval"},
    {pins("sequence", Pin::k_lastval), "currval lastval"},
    {reads_primary("sequence"), "pg_sequence_last_value pg_get_sequence_data"},
    {pins("seeds the random numbers of the session", Pin::k_seed), "setseed"},
    {pins(k_advisory, Pin::k_advisory_lock),
     "pg_advisory_lock pg_advisory_lock_shared pg_try_advisory_lock pg_try_advisory_lock_shared "
     "pg_advisory_unlock pg_advisory_unlock_shared"},
    {pins(k_server_state, Pin::k_backend_pid), "pg_backend_pid"},
    {reads_primary(k_advisory),
     "pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_xact_lock "
     "pg_try_advisory_xact_lock_shared pg_advisory_unlock_all"},
    {reads_primary("notification"), "pg_notify pg_notification_queue_usage"},
    {writes("takes a transaction id"), "pg_current_xact_id txid_current"},
    {reads_primary("transaction ids and snapshots"),
     "pg_current_xact_id_if_assigned pg_current_snapshot pg_xact_status pg_xact_commit_timestamp "
     "pg_xact_commit_timestamp_origin pg_export_snapshot pg_get_multixact_members txid_*"},
    {reads_primary("large object"), "lo_get"},
    {writes("large object"), "lo_* loread lowrite"},
    {k_session_catalog, "current_setting pg_show_all_settings pg_cursor"},
    {k_prepared, "pg_prepared_statement"},
    {reads_primary(k_server_state),
     "pg_stat_get_* pg_stat_have_stats pg_my_temp_schema pg_is_other_temp_schema "
     "inet_server_addr inet_server_port inet_client_addr inet_client_port pg_is_in_recovery "
     "pg_postmaster_start_time pg_conf_load_time pg_current_wal_* pg_last_* pg_listening_channels "
     "pg_blocking_pids pg_safe_snapshot_blocking_pids pg_isolation_test_session_is_blocked "
     "pg_lock_status pg_prepared_xact pg_show_all_file_settings pg_show_replication_origin_status "
     "pg_hba_file_rules pg_ident_file_mappings pg_get_replication_slots pg_get_shmem_allocations* "
     "pg_get_backend_memory_contexts pg_get_process_memory_contexts pg_get_wal_* pg_get_aios "
     "pg_available_extensions pg_available_extension_versions pg_available_wal_summaries "
     "pg_wal_summary_contents pg_config pg_control_* pg_jit_available pg_is_wal_replay_paused "
     "pg_replication_origin_progress pg_numa_available "
     "pg_collation_actual_version pg_database_collation_actual_version"},
    {reads_primary("replayed or not, a relation's files are the server's own"),
     "pg_relation_size pg_table_size pg_indexes_size pg_total_relation_size pg_database_size "
     "pg_tablespace_size pg_relation_filenode pg_relation_filepath pg_filenode_relation "
     "pg_tablespace_location pg_tablespace_databases"},
    {reads_primary(k_server_files), "pg_ls_* pg_read_* pg_stat_file pg_current_logfile pg_file_*"},
    {reads_primary("volatile function"), "pg_partition_tree pg_partition_ancestors amvalidate"},
    {reads_primary(k_administration),
     "pg_cancel_backend pg_terminate_backend pg_reload_conf pg_rotate_logfile* pg_stat_reset* "
     "pg_stat_clear_snapshot pg_stat_force_next_flush pg_log_backend_memory_contexts"},
    {writes(k_administration),
     "pg_promote pg_switch_wal pg_create_restore_point pg_logical_emit_message pg_wal_replay_* "
     "pg_import_system_collations brin_* gin_clean_pending_list pg_log_standby_snapshot "
     "pg_restore_* pg_clear_*"},
    {{.why_primary = k_replication, .may_write = true, .pin = Pin::k_replication},
     "pg_create_physical_replication_slot pg_create_logical_replication_slot "
     "pg_copy_physical_replication_slot pg_copy_logical_replication_slot pg_start_backup "
     "pg_stop_backup pg_backup_start pg_backup_stop pg_replication_origin_session_* "
     "pg_replication_origin_xact_*"},
    {writes(k_replication),
     "pg_drop_replication_slot pg_replication_slot_advance pg_sync_replication_slots "
     "pg_logical_slot_* pg_replication_origin_*"},
};

const std::initializer_list<Rule> k_relations = {
    {k_session_catalog, "pg_settings pg_cursors"},
    {k_prepared, "pg_prepared_statements"},
    {reads_primary("sequence"), "pg_sequences"},
    {reads_primary(k_server_state),
     "pg_stat_* pg_statio_* pg_locks pg_file_settings pg_hba_file_rules pg_ident_file_mappings "
     "pg_prepared_xacts pg_replication_slots pg_replication_origin_status pg_shmem_allocations* "
     "pg_backend_memory_contexts pg_available_extensions pg_available_extension_versions "
     "pg_config pg_wait_events pg_aios"},
};

const std::initializer_list<Rule> k_extensions = {
    {{.why_primary = "keeps a connection in the session",
      .may_write = true,
      .opaque = true,
      .pin = Pin::k_connection_function},
     "dblink_*"},
};

// Here the effects say nothing: the names alone count.
const std::initializer_list<Rule> k_harmless_writers = {
    {{}, "nextval setval txid_current pg_current_xact_id"},
};

const std::initializer_list<Rule> k_text_runners = {
    {{},
     "query_to_* table_to_* schema_to_* database_to_* cursor_to_* ts_stat ts_rewrite currtid* "
     "pg_logical_slot_*"},
};

class RuleBook {
 public:
  explicit RuleBook(std::initializer_list<Rule> rules) {
    for (const Rule& rule : rules) add(rule);
  }

  // Exact names win over prefixes, and earlier prefixes over later ones.
  const Effects* find(std::string_view name) const {
    if (const auto found = exact_.find(name); found != exact_.end()) return &found->second;
    for (const auto& [prefix, effects] : prefixes_) {
      if (name.starts_with(prefix)) return &effects;
    }
    return nullptr;
  }

 private:
  void add(const Rule& rule) {
    std::string_view rest = rule.names;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      std::string_view name = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (name.ends_with('*')) {
        name.remove_suffix(1);
        prefixes_.emplace_back(name, rule.effects);
      } else {
        exact_.emplace(name, rule.effects);
      }
    }
  }

  std::unordered_map<std::string_view, Effects> exact_;
  std::vector<std::pair<std::string_view, Effects>> prefixes_;
};

}  // namespace

const Effects* built_in_function(std::string_view name) {
  static const RuleBook book(k_functions);
  return book.find(name);
}

bool writes_no_table(std::string_view name) {
  static const RuleBook book(k_harmless_writers);
  return book.find(name) != nullptr;
}

bool runs_given_text(std::string_view name) {
  static const RuleBook book(k_text_runners);
  return book.find(name) != nullptr;
}

const Effects* built_in_relation(std::string_view name) {
  static const RuleBook book(k_relations);
  return book.find(name);
}

const Effects* extension_function(std::string_view name) {
  static const RuleBook book(k_extensions);
  return book.find(name);
}

}  // namespace tidemark::sql
