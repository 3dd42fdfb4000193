// The work of utility.h, one handler to a type of statement. Its parts: utility.cpp has the
// dispatch and what runs queries, utility_session.cpp what steers the session and its transaction,
// utility_schema.cpp what creates, changes and drops.
#pragma once

#include <string_view>
#include <unordered_map>

#include "sql/catalogue.h"
#include "sql/parse_tree.h"
#include "sql/statement.h"
#include "sql/walker.h"

namespace tidemark::sql {

class Judge {
 public:
  Judge(const Catalogue& catalogue, const SearchPath& path) : catalogue_(catalogue), path_(path) {
    out_.kind = Kind::k_query;
  }

  // Once. All but what it touches.
  Statement judge(const Node& node);
  // Of the statement that has been judged.
  const Uses& uses() const { return walker_.uses(); }
  // … which is not written, as it is not run (EXPLAIN).
  bool only_plans() const { return only_plans_; }

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
  void set_for_database(const JsonObject& fields);
  void keep_unheard(const JsonObject& fields);
  void rename(const JsonObject& fields);
  void lock(const JsonObject& fields);
  void listen(const JsonObject& fields);
  void notify(const JsonObject& fields);
  void load(const JsonObject& fields);
  void call(const JsonObject& fields);
  void anonymous_block(const JsonObject& fields);
  void checkpoint(const JsonObject& fields);

  const Catalogue& catalogue_;
  const SearchPath& path_;
  bool only_plans_ = false;
  Statement out_;
  Walker walker_{catalogue_, path_, out_};
};

}  // namespace tidemark::sql
