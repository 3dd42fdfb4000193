#include "sql/utility.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "sql/characteristics.h"
#include "sql/judge.h"
#include "sql/normalise.h"

namespace tidemark::sql {

using Access = Walker::Access;

namespace {

constexpr std::int64_t k_cursor_option_hold = 0x20;  // CURSOR_OPT_HOLD of PostgreSQL 11 to 18

}  // namespace

const std::unordered_map<std::string_view, Judge::Handler>& Judge::handlers() {
  static const std::unordered_map<std::string_view, Handler> handlers = {
      {"TransactionStmt", &Judge::transaction},
      {"VariableSetStmt", &Judge::set},
      {"VariableShowStmt", &Judge::show},
      {"DiscardStmt", &Judge::discard},
      {"PrepareStmt", &Judge::prepare},
      {"ExecuteStmt", &Judge::execute},
      {"DeallocateStmt", &Judge::deallocate},
      {"ExplainStmt", &Judge::explain},
      {"CopyStmt", &Judge::copy},
      {"DeclareCursorStmt", &Judge::declare_cursor},
      {"FetchStmt", &Judge::fetch},
      {"ClosePortalStmt", &Judge::fetch},
      {"CreateTableAsStmt", &Judge::create_table_as},
      {"CreateStmt", &Judge::create_table},
      {"ViewStmt", &Judge::define},
      {"RuleStmt", &Judge::define},
      {"CreateFunctionStmt", &Judge::define},
      {"CreatePolicyStmt", &Judge::define},
      {"AlterPolicyStmt", &Judge::define},
      {"CreateTrigStmt", &Judge::define},
      {"DropStmt", &Judge::drop},
      {"CreatedbStmt", &Judge::create_database},
      {"DropdbStmt", &Judge::change_database},
      {"AlterDatabaseStmt", &Judge::change_database},
      {"AlterDatabaseSetStmt", &Judge::set_for_database},
      {"AlterDatabaseRefreshCollStmt", &Judge::change_database},
      {"RenameStmt", &Judge::rename},
      {"LockStmt", &Judge::lock},
      {"ListenStmt", &Judge::listen},
      {"UnlistenStmt", &Judge::notify},
      {"NotifyStmt", &Judge::notify},
      {"LoadStmt", &Judge::load},
      {"CallStmt", &Judge::call},
      {"DoStmt", &Judge::anonymous_block},
      {"CheckPointStmt", &Judge::checkpoint},
  };
  return handlers;
}

namespace {

// Statements that change data, rows of the system catalogues or files, but no object that a
// Catalogue tells of.
const char* why_changed(std::string_view type) {
  static const std::unordered_map<std::string_view, const char*> reasons = {
      {"TruncateStmt", "writes to a table (TRUNCATE)"},
      {"VacuumStmt", "VACUUM or ANALYZE"},
      {"ClusterStmt", "rewrites a table (CLUSTER)"},
      {"ReindexStmt", "rewrites indexes (REINDEX)"},
      {"RefreshMatViewStmt", "rewrites a materialized view"},
      {"GrantStmt", "changes privileges"},
      {"GrantRoleStmt", "changes privileges"},
      {"AlterDefaultPrivilegesStmt", "changes privileges"},
      {"CommentStmt", "changes a comment"},
      {"ConstraintsSetStmt", "may check deferred constraints"},
      {"AlterSystemStmt", "changes the server's configuration"},
  };
  const auto found = reasons.find(type);
  return found == reasons.end() ? nullptr : found->second;
}

// What happens to the relations that such a statement names. A materialized view is written anew.
Actions actions_of(const Node& node) {
  if (node.type == "TruncateStmt") return k_truncates;
  return node.type == "RefreshMatViewStmt" ? k_inserts : k_locks;
}

// To other relations than those, or to PostgreSQL's own.
bool changes_other_tables(const Node& node) {
  if (node.type == "TruncateStmt") return text_field(node.fields, "behavior") == "DROP_CASCADE";
  return node.type != "RefreshMatViewStmt";
}

}  // namespace

Statement Judge::judge(const Node& node) {
  const auto handler = handlers().find(node.type);
  if (handler != handlers().end()) {
    (this->*handler->second)(node.fields);
  } else if (node.type == "SelectStmt" || node.type == "InsertStmt" || node.type == "UpdateStmt" ||
             node.type == "DeleteStmt" || node.type == "MergeStmt") {
    walker_.node(node, Access::k_read);
  } else {
    change(node);
  }
  apply(walker_.effects(), out_);
  if (out_.changes_catalogue) walker_.uses().writes_unknown = true;
  normalise(out_);
  return std::move(out_);
}

void Judge::change(const Node& node) {
  const char* why = why_changed(node.type);
  out_.changes_catalogue = why == nullptr;
  walker_.add(writes(why != nullptr ? why : "changes the schema or the cluster (DDL)"));
  walker_.write_as(actions_of(node));
  if (node.type == "AlterRoleSetStmt") keep_unheard(node.fields);
  if (changes_other_tables(node)) walker_.uses().writes_unknown = true;
  walker_.fields(node.fields, Access::k_write);
}

namespace {

bool explains_by_running(const JsonObject& fields) {
  const auto options = array_field(fields, "options");
  if (!options) return false;
  bool analyze = false;
  for (const Json option : *options) {
    const auto node = as_node(option);
    if (!node || text_field(node->fields, "defname") != "analyze") continue;
    const auto value = node_field(node->fields, "arg");
    const std::string text = value ? lower(constant_text(*value).value_or("true")) : "true";
    analyze = analyze || (text != "false" && text != "off" && text != "0");
  }
  return analyze;
}

}  // namespace

// Planning evaluates no volatile function and changes nothing, yet it must be planned where it
// would run.
void Judge::explain(const JsonObject& fields) {
  const auto query = node_field(fields, "query");
  if (!query) return walker_.add(anything("EXPLAIN without a statement"));
  const bool runs = explains_by_running(fields);
  Judge judge(catalogue_, path_);
  Statement inner = judge.judge(*query);
  walker_.uses().merge(judge.uses());
  if (inner.kind == Kind::k_execute) {
    walker_.add(runs ? anything("runs a prepared statement")
                     : reads_primary("explains a prepared statement"));
    out_.name = inner.name;
    walker_.uses().reads_unknown = true;
  }
  if (runs) {
    inner.kind = Kind::k_query;
    walker_.add_followed(effects_of(inner));
    out_.settings = std::move(inner.settings);
    out_.local_settings = inner.local_settings;
    out_.unheard_setting = std::move(inner.unheard_setting);
    out_.changes_catalogue = inner.changes_catalogue;
    out_.name = std::move(inner.name);
  } else {
    if (inner.needs_primary) walker_.add(reads_primary(inner.why_primary));
    only_plans_ = true;
  }
  out_.reads = std::move(inner.reads);
  out_.writes = std::move(inner.writes);
  out_.functions = std::move(inner.functions);
}

void Judge::copy(const JsonObject& fields) {
  const bool from = flag_field(fields, "is_from");
  if (from) walker_.add(writes("writes to a table (COPY FROM)"));
  if (from) walker_.write_as(k_inserts);
  if (!from && !text_field(fields, "filename").empty()) {
    walker_.add(reads_primary("writes to a file or program of the server (COPY TO)"));
  }
  walker_.fields(fields, from ? Access::k_write : Access::k_read);
}

void Judge::declare_cursor(const JsonObject& fields) {
  if ((number_field(fields, "options") & k_cursor_option_hold) != 0) {
    walker_.add(pins("cursor that outlives its transaction", Pin::k_cursor_with_hold));
  }
  walker_.fields(fields, Access::k_read);
}

void Judge::fetch(const JsonObject&) { out_.kind = Kind::k_fetch; }

void Judge::lock(const JsonObject& fields) {
  walker_.add(writes("locks a table (LOCK)"));
  const auto relations = array_field(fields, "relations");
  if (!relations) return;
  for (const Json relation : *relations) {
    if (const auto node = as_node(relation)) walker_.node(*node, Access::k_read);
  }
  walker_.uses().lock_reads(0);
}

void Judge::listen(const JsonObject&) { walker_.add(pins("LISTEN", Pin::k_listen)); }

void Judge::notify(const JsonObject&) { walker_.add(reads_primary("NOTIFY or UNLISTEN")); }

void Judge::load(const JsonObject&) {
  walker_.add({.why_primary = "loads a library (LOAD)", .opaque = true, .pin = Pin::k_load});
}

void Judge::call(const JsonObject& fields) {
  walker_.add_followed(anything("calls a procedure (CALL)"));
  const auto procedure = object_field(fields, "funccall");
  if (!procedure) return walker_.uses().touch_anything();
  walker_.call(*procedure);
}

void Judge::anonymous_block(const JsonObject&) { walker_.add(anything("anonymous block (DO)")); }

void Judge::checkpoint(const JsonObject&) { walker_.add(reads_primary("CHECKPOINT")); }

Statement judge_statement(const Node& node, const Catalogue& catalogue, const SearchPath& path) {
  Judge judge(catalogue, path);
  Statement statement = judge.judge(node);
  catalogue.touches().follow(judge.uses(), statement);
  if (judge.only_plans()) {
    statement.touched_writes.clear();
    statement.writes_unknown = false;
  }
  return statement;
}

Uses uses_of_statement(const Node& node, const Catalogue& catalogue, const SearchPath& path) {
  Judge judge(catalogue, path);
  judge.judge(node);
  return judge.uses();
}

}  // namespace tidemark::sql
