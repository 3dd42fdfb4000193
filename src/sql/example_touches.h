// Small databases for tests of what touches what: set up by verbs, each of which gives an oid.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/catalogue.h"
#include "sql/classify.h"
#include "sql/oid.h"

namespace tidemark::sql {

class ExampleDatabase {
 public:
  ExampleDatabase() {
    for (const char* const name :
         {"lower", "nextval", "query_to_xml", "table_to_xml", "lo_put", "set_config"}) {
      const bool is_volatile =
          name != std::string_view("lower") && name != std::string_view("table_to_xml");
      functions_.push_back({text(++built_in_), "pg_catalog", name, "true",
                            is_volatile ? "true" : "false", "false", "nothing", std::nullopt,
                            std::nullopt, std::nullopt});
    }
    relations_.push_back({"1259", "pg_catalog", "pg_class", "", std::nullopt});
  }

  Oid table(const char* schema, const char* name, const char* trait = "") {
    relations_.push_back({text(++last_), schema, name, trait, std::nullopt});
    return last_;
  }
  Oid view(const char* schema, const char* name, const std::string& tree) {
    relations_.push_back({text(++last_), schema, name, "view", tree});
    return last_;
  }
  void policy(Oid table, const std::string& tree) {
    for (const Catalogue::Row& row : relations_) {
      if (row[0] != text(table)) continue;
      relations_.push_back({row[0], row[1], row[2], row[3], tree});
      return;
    }
  }

  // Volatility and kind in PostgreSQL's words: 'v', "visible".
  Oid function(const char* name, char volatility, const char* kind,
               std::optional<std::string> body = {}, std::optional<std::string> tree = {},
               std::optional<std::string> path = {}) {
    functions_.push_back({text(++last_), "public", name, "false",
                          volatility == 'v' ? "true" : "false", "true", kind, std::move(body),
                          std::move(tree), std::move(path)});
    return last_;
  }
  Oid sql_function(const char* name, const char* body, std::optional<std::string> path = {}) {
    return function(name, 'v', "visible", body, std::nullopt, std::move(path));
  }

  void link(const char* kind, Oid subject, Oid object) {
    links_.push_back({kind, text(subject), text(object), std::nullopt});
  }
  void stores(Oid table, const std::string& tree) {
    links_.push_back({"stores", text(table), std::nullopt, tree});
  }
  void operation(const char* name, Oid function) {
    operators_.push_back({text(++last_), name, "false", text(function)});
  }
  Oid type(const char* name, Oid function) {
    types_.push_back({text(++last_), name, "false", text(function)});
    return last_;
  }
  void may_use(const char* role, const char* schema) { schemas_.push_back({schema, role}); }

  std::shared_ptr<const Catalogue> catalogue() const {
    return build_catalogue(1, {}, {relations_, links_, types_, operators_, functions_, schemas_})
        .value();
  }

  // "reads a b?, writes c" with a "?" where there may be others; "nothing".
  std::string touched(std::string_view statement, const SearchPath& path = {}) const {
    const auto known = classify(statement, *catalogue(), path);
    std::string all = list("reads", known->touched_reads, known->reads_unknown);
    const std::string writes = list("writes", known->touched_writes, known->writes_unknown);
    if (!all.empty() && !writes.empty()) all += ", ";
    all += writes;
    return all.empty() ? "nothing" : all;
  }

  static std::string text(Oid oid) { return std::to_string(oid); }

  // Trees as PostgreSQL keeps them.
  static std::string reading(const std::vector<Oid>& relations, const std::string& more = "") {
    std::string tree = "({QUERY :commandType 1 :rtable (";
    for (const Oid oid : relations) tree += "{RANGETBLENTRY :relid " + text(oid) + "}";
    return tree + ") :targetList (" + more + ")})";
  }
  static std::string calling(Oid function) {
    return "{FUNCEXPR :funcid " + text(function) + " :args <>}";
  }

 private:
  static std::string list(const char* word, const std::vector<Touched>& touched, bool more) {
    if (touched.empty() && !more) return "";
    std::string all = word;
    for (const Touched& each : touched) {
      all += " " + (each.schema == "public" ? "" : each.schema + ".") + each.name;
    }
    return all + (more ? "?" : "");
  }

  Oid built_in_ = 100;
  Oid last_ = 20000;
  Catalogue::Rows relations_, links_, types_, operators_, functions_, schemas_;
};

}  // namespace tidemark::sql
