// Makes a Catalogue from the answers to k_catalogue_queries.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "sql/catalogue.h"
#include "sql/catalogue_queries.h"
#include "sql/classify.h"
#include "sql/normalise.h"

namespace tidemark::sql {
namespace {

struct Answer {
  const char* name;
  std::size_t columns;
};
constexpr std::array<Answer, 5> k_answers = {Answer{"functions", 6}, Answer{"operators", 1},
                                             Answer{"types", 1}, Answer{"relations", 3},
                                             Answer{"definitions", 3}};

Effects effects_of_trait(std::string_view trait) {
  if (trait == "sequence") return reads_primary("reads a sequence");
  if (trait == "unlogged") return reads_primary("reads an unlogged table");
  if (trait == "foreign") return reads_primary("reads a foreign table");
  return {};
}

}  // namespace

class CatalogueBuilder {
 public:
  explicit CatalogueBuilder(std::uint64_t version) { catalogue_.version_ = version; }

  // REQUIRES: the rows have the columns of k_answers, none of them null.
  void add_function(const Catalogue::Row& row) {
    const FunctionFact fact{.built_in = *row[2] == "true",
                            .built_in_volatile = *row[3] == "true",
                            .user_volatile = *row[4] == "true",
                            .as_column = *row[5] == "true"};
    for (const std::string& key : keys(*row[0], *row[1])) {
      FunctionFact& worst = catalogue_.functions_[key];
      worst.built_in |= fact.built_in;
      worst.built_in_volatile |= fact.built_in_volatile;
      worst.user_volatile |= fact.user_volatile;
      worst.as_column |= fact.as_column;
    }
  }

  void add_operator(const Catalogue::Row& row) { catalogue_.operators_.insert(*row[0]); }
  void add_type(const Catalogue::Row& row) { catalogue_.types_.insert(*row[0]); }

  void add_relation(const Catalogue::Row& row) {
    merge_into_relation(*row[0], *row[1], effects_of_trait(*row[2]));
  }

  // REQUIRES: all functions, operators, types and relations have been added.
  void add_definition(const Catalogue::Row& row) {
    const auto statement = classify(*row[2], catalogue_);
    merge_into_relation(*row[0], *row[1], effects_of(*statement));
    definitions_.push_back({*row[0], *row[1], statement->reads});
  }

  // Views upon views: what the inner one does, the outer one does. Effects only grow, so this ends
  // after as many rounds as the deepest nest.
  void settle_definitions() {
    for (bool grown = true; grown;) {
      grown = false;
      for (const Definition& definition : definitions_) {
        for (const Relation& read : definition.reads) {
          const RelationFact* inner = catalogue_.find_relation(read.schema, read.name);
          if (inner == nullptr) continue;
          const Effects effects = inner->effects;
          grown = merge_into_relation(definition.schema, definition.name, effects) || grown;
        }
      }
    }
  }

  std::shared_ptr<const Catalogue> take() {
    return std::make_shared<const Catalogue>(std::move(catalogue_));
  }

 private:
  struct Definition {
    std::string schema;
    std::string name;
    std::vector<Relation> reads;
  };

  static std::array<std::string, 2> keys(const std::string& schema, const std::string& name) {
    const std::string nul(1, '\0');
    return {schema + nul + name, nul + name};
  }

  // Whether that made a difference.
  bool merge_into_relation(const std::string& schema, const std::string& name,
                           const Effects& effects) {
    bool grown = false;
    for (const std::string& key : keys(schema, name)) {
      Effects& worst = catalogue_.relations_[key].effects;
      const Effects before = worst;
      worst.merge(effects);
      grown = grown || worst != before;
    }
    return grown;
  }

  Catalogue catalogue_;
  std::vector<Definition> definitions_;
};

namespace {

Result<void> check_shape(std::span<const Catalogue::Rows> answers) {
  if (answers.size() != k_answers.size()) {
    return fail("the catalogue needs " + std::to_string(k_answers.size()) + " answers, not " +
                std::to_string(answers.size()));
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    for (const Catalogue::Row& row : answers[i]) {
      if (row.size() == k_answers[i].columns &&
          std::ranges::all_of(row, [](const auto& value) { return value.has_value(); })) {
        continue;
      }
      return fail(std::string("the catalogue's answer about ") + k_answers[i].name +
                  " has a row of the wrong shape");
    }
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const Catalogue>> build_catalogue(std::uint64_t version,
                                                         std::span<const Catalogue::Rows> answers) {
  CHECK(version != 0);
  if (auto shape = check_shape(answers); !shape) return std::unexpected(shape.error());
  CatalogueBuilder builder(version);
  for (const auto& row : answers[0]) builder.add_function(row);
  for (const auto& row : answers[1]) builder.add_operator(row);
  for (const auto& row : answers[2]) builder.add_type(row);
  for (const auto& row : answers[3]) builder.add_relation(row);
  for (const auto& row : answers[4]) builder.add_definition(row);
  builder.settle_definitions();
  return builder.take();
}

}  // namespace tidemark::sql
