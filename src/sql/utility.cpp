#include "sql/utility.h"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "sql/characteristics.h"
#include "sql/normalise.h"
#include "sql/walker.h"

namespace tidemark::sql {
namespace {

using Access = Walker::Access;

constexpr std::int64_t k_cursor_option_hold = 0x20;  // CURSOR_OPT_HOLD of PostgreSQL 11 to 18

class Judge {
 public:
  explicit Judge(const Catalogue& catalogue) : catalogue_(catalogue) { out_.kind = Kind::k_query; }

  Statement judge(const Node& node);

 private:
  using Handler = void (Judge::*)(const JsonObject&);
  static const std::unordered_map<std::string_view, Handler>& handlers();

  void change(const Node& node);

  void transaction(const JsonObject& fields);
  void set(const JsonObject& fields);
  void set_value(const JsonObject& fields);
  void show(const JsonObject& fields);
  void discard(const JsonObject& fields);
  void prepare(const JsonObject& fields);
  void execute(const JsonObject& fields);
  void deallocate(const JsonObject& fields);
  void explain(const JsonObject& fields);
  void copy(const JsonObject& fields);
  void declare_cursor(const JsonObject& fields);
  void fetch(const JsonObject& fields);
  void create_table_as(const JsonObject& fields);
  void create_table(const JsonObject& fields);
  void define(const JsonObject& fields);
  void drop(const JsonObject& fields);
  void create_database(const JsonObject& fields);
  void change_database(const JsonObject& fields);
  void rename(const JsonObject& fields);
  void lock(const JsonObject& fields);
  void listen(const JsonObject& fields);
  void notify(const JsonObject& fields);
  void load(const JsonObject& fields);
  void call(const JsonObject& fields);
  void anonymous_block(const JsonObject& fields);
  void checkpoint(const JsonObject& fields);

  const Catalogue& catalogue_;
  Statement out_;
  Walker walker_{catalogue_, out_};
};

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
      {"AlterDatabaseSetStmt", &Judge::change_database},
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
  normalise(out_);
  return std::move(out_);
}

void Judge::change(const Node& node) {
  const char* why = why_changed(node.type);
  out_.changes_catalogue = why == nullptr;
  walker_.add(writes(why != nullptr ? why : "changes the schema or the cluster (DDL)"));
  walker_.fields(node.fields, Access::k_write);
}

void Judge::transaction(const JsonObject& fields) {
  static const std::unordered_map<std::string_view, Kind> kinds = {
      {"TRANS_STMT_BEGIN", Kind::k_begin},
      {"TRANS_STMT_START", Kind::k_begin},
      {"TRANS_STMT_COMMIT", Kind::k_commit},
      {"TRANS_STMT_ROLLBACK", Kind::k_rollback},
      {"TRANS_STMT_SAVEPOINT", Kind::k_savepoint},
      {"TRANS_STMT_RELEASE", Kind::k_savepoint},
      {"TRANS_STMT_ROLLBACK_TO", Kind::k_savepoint},
      {"TRANS_STMT_PREPARE", Kind::k_prepare_transaction},
      {"TRANS_STMT_COMMIT_PREPARED", Kind::k_finish_prepared},
      {"TRANS_STMT_ROLLBACK_PREPARED", Kind::k_finish_prepared},
  };
  const auto kind = kinds.find(text_field(fields, "kind"));
  if (kind == kinds.end()) return walker_.add(anything("unknown transaction statement"));
  out_.kind = kind->second;
  out_.chain = flag_field(fields, "chain");
  if (const auto options = array_field(fields, "options")) read_characteristics(*options, out_);
  if (out_.isolation == Isolation::k_serializable) walker_.add(k_serializable_effects);
  if (out_.kind == Kind::k_prepare_transaction || out_.kind == Kind::k_finish_prepared) {
    walker_.add(writes("two-phase commit"));
  }
}

void Judge::set(const JsonObject& fields) {
  const std::string_view kind = text_field(fields, "kind");
  out_.setting_local = flag_field(fields, "is_local");
  if (kind == "VAR_RESET_ALL") {
    out_.kind = Kind::k_reset_all;
    out_.all_settings = true;
  } else if (kind == "VAR_SET_MULTI") {
    out_.kind = Kind::k_set_transaction;
    walker_.add(set_transaction(fields, out_));
  } else {
    out_.kind = kind == "VAR_RESET" ? Kind::k_reset : Kind::k_set;
    set_value(fields);
  }
}

void Judge::set_value(const JsonObject& fields) {
  out_.setting_name = lower(text_field(fields, "name"));
  out_.setting_default = text_field(fields, "kind") == "VAR_SET_DEFAULT";
  if (const auto values = array_field(fields, "args")) {
    for (const Json value : *values) {
      const auto node = as_node(value);
      if (!out_.setting_value.empty()) out_.setting_value += ", ";
      if (node) out_.setting_value += constant_text(*node).value_or("");
    }
  }
  if (is_transaction_setting(out_.setting_name)) {
    out_.kind = Kind::k_set_transaction;
    walker_.add(set_transaction_setting(out_));
  } else if (out_.setting_local) {
    out_.local_settings = true;
  } else {
    walker_.change_setting(out_.setting_name, out_.setting_value);
  }
}

void Judge::show(const JsonObject& fields) {
  out_.kind = Kind::k_show;
  out_.setting_name = lower(text_field(fields, "name"));
  walker_.add(
      {.why_primary = "reads the server's own state (SHOW)", .reads_session_catalog = true});
}

void Judge::discard(const JsonObject& fields) {
  if (text_field(fields, "target") == "DISCARD_ALL") {
    out_.kind = Kind::k_discard_all;
    out_.all_settings = true;
  } else {
    walker_.add(reads_primary("clears state of the server session (DISCARD)"));
  }
}

void Judge::prepare(const JsonObject& fields) {
  out_.kind = Kind::k_prepare;
  out_.name = text_field(fields, "name");
  const auto query = node_field(fields, "query");
  if (!query) return walker_.add(anything("PREPARE without a statement"));
  out_.inner = std::make_shared<const Statement>(judge_statement(*query, catalogue_));
}

void Judge::execute(const JsonObject& fields) {
  out_.kind = Kind::k_execute;
  out_.name = text_field(fields, "name");
  walker_.fields(fields, Access::k_read);
}

void Judge::deallocate(const JsonObject& fields) {
  out_.name = text_field(fields, "name");
  out_.kind = out_.name.empty() ? Kind::k_deallocate_all : Kind::k_deallocate;
}

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

// Planning evaluates no volatile function and changes nothing, yet it must be planned where it
// would run.
void Judge::explain(const JsonObject& fields) {
  const auto query = node_field(fields, "query");
  if (!query) return walker_.add(anything("EXPLAIN without a statement"));
  const bool runs = explains_by_running(fields);
  Statement inner = judge_statement(*query, catalogue_);
  if (inner.kind == Kind::k_execute) {
    walker_.add(runs ? anything("runs a prepared statement")
                     : reads_primary("explains a prepared statement"));
    out_.name = inner.name;
  }
  if (runs) {
    inner.kind = Kind::k_query;
    walker_.add(effects_of(inner));
    out_.settings = std::move(inner.settings);
    out_.local_settings = inner.local_settings;
    out_.changes_catalogue = inner.changes_catalogue;
    out_.name = std::move(inner.name);
  } else if (inner.needs_primary) {
    walker_.add(reads_primary(inner.why_primary));
  }
  out_.reads = std::move(inner.reads);
  out_.writes = std::move(inner.writes);
  out_.functions = std::move(inner.functions);
}

void Judge::copy(const JsonObject& fields) {
  const bool from = flag_field(fields, "is_from");
  if (from) walker_.add(writes("writes to a table (COPY FROM)"));
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

void Judge::create_table_as(const JsonObject& fields) {
  if (const auto into = object_field(fields, "into")) walker_.into(*into);
  const auto query = node_field(fields, "query");
  if (query && query->type == "ExecuteStmt") {
    out_.name = text_field(query->fields, "name");
    walker_.add(anything("runs a prepared statement"));
    walker_.fields(query->fields, Access::k_read);
  } else if (query) {
    walker_.node(*query, Access::k_read);
  }
}

void Judge::create_table(const JsonObject& fields) {
  walker_.add(writes("creates a table"));
  out_.changes_catalogue = true;
  for (const auto member : fields) {
    if (member.key != "relation") walker_.member(member.key, member.value, Access::k_write);
  }
  if (const auto relation = object_field(fields, "relation")) {
    walker_.creation(*relation, text_field(fields, "oncommit"));
  }
}

// What is stored to be run later, by others.
void Judge::define(const JsonObject& fields) {
  walker_.add(writes("changes the schema or the cluster (DDL)"));
  out_.changes_catalogue = true;
  const auto is_subject = [](std::string_view key) {
    return key == "view" || key == "relation" || key == "table" || key == "funcname";
  };
  for (const auto member : fields) {
    if (is_subject(member.key)) walker_.member(member.key, member.value, Access::k_write);
  }
  walker_.only_name();
  for (const auto member : fields) {
    if (!is_subject(member.key)) walker_.member(member.key, member.value, Access::k_write);
  }
}

bool is_relation_type(std::string_view type) {
  return type == "OBJECT_TABLE" || type == "OBJECT_VIEW" || type == "OBJECT_MATVIEW" ||
         type == "OBJECT_SEQUENCE" || type == "OBJECT_FOREIGN_TABLE" || type == "OBJECT_INDEX";
}

void Judge::drop(const JsonObject& fields) {
  walker_.add(writes("changes the schema or the cluster (DDL)"));
  out_.changes_catalogue = true;
  walker_.fields(fields, Access::k_write);
  const auto objects = array_field(fields, "objects");
  if (!objects || !is_relation_type(text_field(fields, "removeType"))) return;
  for (const Json object : *objects) {
    const auto list = as_node(object);
    const auto names = list ? array_field(list->fields, "items") : std::nullopt;
    if (names) walker_.name_relation(qualified_name(*names), Access::k_write);
  }
}

void Judge::create_database(const JsonObject& fields) {
  walker_.add(writes("changes the schema or the cluster (DDL)"));
  out_.changes_catalogue = true;
  out_.affected_database = "template1";
  const auto options = array_field(fields, "options");
  if (!options) return;
  for (const Json option : *options) {
    const auto node = as_node(option);
    if (!node || text_field(node->fields, "defname") != "template") continue;
    const auto value = node_field(node->fields, "arg");
    if (value) out_.affected_database = constant_text(*value).value_or(out_.affected_database);
  }
}

void Judge::change_database(const JsonObject& fields) {
  walker_.add(writes("changes the schema or the cluster (DDL)"));
  out_.changes_catalogue = true;
  out_.affected_database = text_field(fields, "dbname");
}

void Judge::rename(const JsonObject& fields) {
  walker_.add(writes("changes the schema or the cluster (DDL)"));
  out_.changes_catalogue = true;
  walker_.fields(fields, Access::k_write);
  if (text_field(fields, "renameType") == "OBJECT_DATABASE") {
    out_.affected_database = text_field(fields, "subname");
  }
}

void Judge::lock(const JsonObject& fields) {
  walker_.add(writes("locks a table (LOCK)"));
  const auto relations = array_field(fields, "relations");
  if (!relations) return;
  for (const Json relation : *relations) {
    if (const auto node = as_node(relation)) walker_.node(*node, Access::k_read);
  }
}

void Judge::listen(const JsonObject&) { walker_.add(pins("LISTEN", Pin::k_listen)); }

void Judge::notify(const JsonObject&) { walker_.add(reads_primary("NOTIFY or UNLISTEN")); }

void Judge::load(const JsonObject&) {
  walker_.add({.why_primary = "loads a library (LOAD)", .opaque = true, .pin = Pin::k_load});
}

void Judge::call(const JsonObject& fields) {
  walker_.add(anything("calls a procedure (CALL)"));
  if (const auto procedure = object_field(fields, "funccall")) walker_.call(*procedure);
}

void Judge::anonymous_block(const JsonObject&) { walker_.add(anything("anonymous block (DO)")); }

void Judge::checkpoint(const JsonObject&) { walker_.add(reads_primary("CHECKPOINT")); }

}  // namespace

Statement judge_statement(const Node& node, const Catalogue& catalogue) {
  return Judge(catalogue).judge(node);
}

}  // namespace tidemark::sql
