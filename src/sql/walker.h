// Walks the expressions and queries of one statement and gathers what they touch and do.
// Statements as such (SET, BEGIN, COPY, …) are judged in utility.h, which calls this for their
// parts.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/catalogue.h"
#include "sql/effects.h"
#include "sql/parse_tree.h"
#include "sql/search_path.h"
#include "sql/statement.h"
#include "sql/uses.h"

namespace tidemark::sql {

class Walker {
 public:
  // What a relation that is met without a query around it is there for.
  enum class Access { k_read, k_write };

  // All must outlive the walker. Relations, functions, settings and catalogue changes go to
  // `statement`; everything that Effects holds goes to effects(), what is touched to uses().
  Walker(const Catalogue& catalogue, const SearchPath& path, Statement& statement)
      : catalogue_(catalogue), path_(path), statement_(statement) {}

  const Effects& effects() const { return effects_; }
  // What may do anything may touch anything.
  void add(const Effects& effects) {
    effects_.merge(effects);
    if (effects.may_write && effects.opaque) uses_.touch_anything();
  }
  // What it touches is added apart.
  void add_followed(const Effects& effects) { effects_.merge(effects); }

  const Uses& uses() const { return uses_; }
  Uses& uses() { return uses_; }
  // What is done to relations that are met with Access::k_write, from here on.
  void write_as(Actions actions) { actions_ = actions; }

  // A node of any type, or all the fields of a struct, with everything below.
  void node(const Node& node, Access access);
  void fields(const JsonObject& fields, Access access);
  void member(std::string_view key, Json value, Access access);

  // The struct of a RangeVar.
  void relation(const JsonObject& range, Access access);
  // The struct of an IntoClause: a table that comes into being.
  void into(const JsonObject& clause);
  // The struct of the RangeVar of a table that comes into being, and its ON COMMIT.
  void creation(const JsonObject& range, std::string_view on_commit);
  // The struct of a FuncCall; its arguments included.
  void call(const JsonObject& fields);

  void name_relation(QualifiedName name, Access access);
  // At session level. The value is absent where the text does not show it, empty for the default.
  void change_setting(std::string name, const std::optional<std::string>& value);

  // From here on: what is met is named (a view's query), not run.
  void only_name() { runs_ = false; }

 private:
  void query(const JsonObject& fields);
  void modification(const Node& node);
  static Actions actions_of(const Node& modification);
  void touch(const QualifiedName& name, Access access);
  void touch_function(const QualifiedName& name, const FunctionFact* fact);
  void call_each(const std::vector<Oid>& functions);
  void common_tables(const JsonObject& clause);
  void locking(const JsonObject& fields);
  void operation(const JsonObject& fields, const char* key, std::string_view implied);
  void operator_name(std::string_view name);
  void cast(const JsonObject& fields);
  void column(const JsonObject& fields, const char* key);
  void function(const QualifiedName& name, const Effects* rule);
  void set_config(const JsonObject& fields);
  void run(const Effects& effects);
  void run_followed(const Effects& effects);

  const Catalogue& catalogue_;
  const SearchPath& path_;
  Statement& statement_;
  Effects effects_;
  Uses uses_;
  Actions actions_ = k_all_actions;
  std::vector<std::string> common_tables_;  // names in scope, innermost last
  bool runs_ = true;
};

}  // namespace tidemark::sql
