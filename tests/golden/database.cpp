#include "golden/database.h"

#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "sql/example_touches.h"

namespace tidemark::golden {
namespace {

class Database {
 public:
  void take(const std::string& line) {
    std::istringstream in(line);
    std::string what, name, of;
    in >> what >> name;
    if (what == "table") {
      add(name, "");
    } else if (what == "sequence") {
      add(name, "sequence");
    } else if (what == "view") {
      std::vector<sql::Oid> behind;
      in >> of;
      for (std::string table; in >> table;) behind.push_back(oid(table));
      const auto [schema, relation] = split(name);
      oids_[name] =
          example_.view(schema.c_str(), relation.c_str(), sql::ExampleDatabase::reading(behind));
    } else if (what == "partition") {
      std::string parent;
      in >> of >> parent;
      add(name, "");
      example_.link("parent", oid(name), oid(parent));
    } else if (what == "function" && name.ends_with(':')) {
      name.pop_back();
      std::string body;
      std::getline(in, body);
      example_.function(name.c_str(), 's', "visible", body);
    } else if (what == "hidden" && name == "function") {
      in >> name;
      example_.function(name.c_str(), 's', "hidden");
    } else if (!what.empty()) {
      throw std::runtime_error("no such thing in a database: " + line);
    }
  }

  std::shared_ptr<const sql::Catalogue> catalogue() const { return example_.catalogue(); }

 private:
  static std::pair<std::string, std::string> split(const std::string& name) {
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) return {"public", name};
    return {name.substr(0, dot), name.substr(dot + 1)};
  }

  void add(const std::string& name, const char* trait) {
    const auto [schema, relation] = split(name);
    oids_[name] = example_.table(schema.c_str(), relation.c_str(), trait);
    example_.may_use("", schema.c_str());
  }

  sql::Oid oid(const std::string& name) const {
    const auto found = oids_.find(name);
    if (found == oids_.end()) throw std::runtime_error("there is no " + name + " yet");
    return found->second;
  }

  sql::ExampleDatabase example_;
  std::map<std::string, sql::Oid> oids_;
};

}  // namespace

std::shared_ptr<const sql::Catalogue> parse_database(const std::vector<std::string>& lines) {
  Database database;
  for (const std::string& line : lines) database.take(line);
  return database.catalogue();
}

}  // namespace tidemark::golden
