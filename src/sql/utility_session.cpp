// BEGIN, SET, SHOW, PREPARE and the like.
#include <memory>
#include <string_view>
#include <unordered_map>

#include "sql/characteristics.h"
#include "sql/judge.h"
#include "sql/utility.h"

namespace tidemark::sql {

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
  using Step = TransactionStep::Kind;
  static const std::unordered_map<std::string_view, Step> steps = {
      {"TRANS_STMT_SAVEPOINT", Step::k_savepoint},
      {"TRANS_STMT_RELEASE", Step::k_release},
      {"TRANS_STMT_ROLLBACK_TO", Step::k_rollback_to},
  };
  if (const auto step = steps.find(kind->first); step != steps.end()) {
    out_.steps.push_back({step->second, std::string(text_field(fields, "savepoint_name"))});
  }
  out_.chain = flag_field(fields, "chain");
  if (const auto options = array_field(fields, "options")) read_characteristics(*options, out_);
  if (out_.isolation == Isolation::k_serializable) walker_.add(k_serializable_effects);
  if (out_.kind == Kind::k_prepare_transaction || out_.kind == Kind::k_finish_prepared) {
    walker_.add(writes("two-phase commit"));
    walker_.uses().writes_unknown = true;  // another session's, perhaps
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
  out_.setting_current = text_field(fields, "kind") == "VAR_SET_CURRENT";
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
  out_.inner = std::make_shared<const Statement>(judge_statement(*query, catalogue_, path_));
}

void Judge::execute(const JsonObject& fields) {
  out_.kind = Kind::k_execute;
  out_.name = text_field(fields, "name");
  walker_.fields(fields, Walker::Access::k_read);
}

void Judge::deallocate(const JsonObject& fields) {
  out_.name = text_field(fields, "name");
  out_.kind = out_.name.empty() ? Kind::k_deallocate_all : Kind::k_deallocate;
}

}  // namespace tidemark::sql
