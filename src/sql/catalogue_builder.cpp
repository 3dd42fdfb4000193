// Makes a Catalogue from the answers to catalogue_queries().
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/check.h"
#include "sql/built_ins.h"
#include "sql/catalogue.h"
#include "sql/function_effects.h"
#include "sql/node_tree.h"
#include "sql/touch_builder.h"

namespace tidemark::sql {
namespace {

struct Answer {
  const char* name;
  std::size_t columns;
  std::size_t never_null;  // of the columns, the first so many
};
constexpr std::array<Answer, 6> k_answers = {Answer{"relations", 5, 4},  Answer{"links", 4, 2},
                                             Answer{"types", 4, 4},      Answer{"operators", 4, 4},
                                             Answer{"functions", 10, 7}, Answer{"schemas", 2, 2}};

Effects effects_of_trait(std::string_view trait) {
  if (trait == "sequence") return reads_primary("reads a sequence");
  if (trait == "unlogged") return reads_primary("reads an unlogged table");
  if (trait == "foreign") return reads_primary("reads a foreign table");
  return {};
}

// As of a statement that the parser does not understand.
Effects not_judged(const char* why) {
  Effects effects = anything(why);
  effects.reads_session_catalog = true;
  effects.reads_prepared = true;
  return effects;
}

// 0, which no object has, for what is no oid.
Oid as_oid(const std::string& text) {
  Oid oid = 0;
  std::from_chars(text.data(), text.data() + text.size(), oid);
  return oid;
}

}  // namespace

// REQUIRES of each row: it has the columns of k_answers.
class CatalogueBuilder {
 public:
  explicit CatalogueBuilder(std::uint64_t version) { catalogue_.version_ = version; }

  void add_function(const Catalogue::Row& row) {
    const bool built_in = *row[3] == "true";
    const bool is_volatile = *row[4] == "true";
    const FunctionFact fact{.built_in = built_in,
                            .built_in_volatile = built_in && is_volatile,
                            .user_volatile = !built_in && is_volatile,
                            .as_column = !built_in && is_volatile && *row[5] == "true"};
    for (const std::string& key : keys(*row[1], *row[2])) {
      FunctionFact& worst = catalogue_.functions_[key];
      worst.built_in |= fact.built_in;
      worst.built_in_volatile |= fact.built_in_volatile;
      worst.user_volatile |= fact.user_volatile;
      worst.as_column |= fact.as_column;
    }
    function_effects_[as_oid(*row[0])] = effects_of_one_function(*row[1], *row[2], fact);
    if (built_in && *row[2] == "current_setting") current_setting_.insert(as_oid(*row[0]));
    touches_.add_function(row);
  }

  void add_operator(const Catalogue::Row& row) {
    touches_.add_operator(row);
    if (*row[2] != "true") return;
    operators_.insert(as_oid(*row[0]));
    catalogue_.operators_.insert(*row[1]);
  }

  void add_type(const Catalogue::Row& row) {
    touches_.add_type(row);
    if (*row[2] != "true") return;
    types_.insert(as_oid(*row[0]));
    catalogue_.types_.insert(*row[1]);
  }

  // REQUIRES: all functions, operators and types have been added.
  void add_relation(const Catalogue::Row& row) {
    SeenRelation& relation = relations_[as_oid(*row[0])];
    relation.schema = *row[1];
    relation.name = *row[2];
    relation.effects.merge(effects_of_trait(*row[3]));
    if (relation.schema == "pg_catalog") {
      if (const Effects* rule = built_in_relation(relation.name)) relation.effects.merge(*rule);
    }
    touches_.add_relation(row);
    if (row[4]) {
      const auto uses = uses_of_tree(*row[4]);
      touches_.add_definition(as_oid(*row[0]), uses);
      add_definition(uses, relation);
    } else if (*row[3] == "view") {
      relation.effects.merge(not_judged("view without a definition"));
    }
  }

  // Views upon views: what the inner one does, the outer one does. Effects only grow, so this ends
  // after as many rounds as the deepest nest.
  // REQUIRES: all relations have been added.
  void settle_relations() {
    for (bool grown = true; grown;) {
      grown = false;
      for (auto& [oid, relation] : relations_) {
        const Effects before = relation.effects;
        for (const Oid read : relation.reads) {
          const auto inner = relations_.find(read);
          relation.effects.merge(inner != relations_.end()
                                     ? inner->second.effects
                                     : unknown("relation unknown to the catalogue"));
        }
        grown = grown || relation.effects != before;
      }
    }
    for (const auto& [oid, relation] : relations_) {
      for (const std::string& key : keys(relation.schema, relation.name)) {
        catalogue_.relations_[key].effects.merge(relation.effects);
      }
    }
  }

  // REQUIRES: all relations have been added.
  void add_link(const Catalogue::Row& row) { touches_.add_link(row); }
  void add_schema(const Catalogue::Row& row) { touches_.add_schema(row); }

  std::shared_ptr<const Catalogue> take() {
    touches_.inherit();
    touches_.read_bodies(catalogue_);
    return std::make_shared<const Catalogue>(std::move(catalogue_));
  }

 private:
  struct SeenRelation {
    std::string schema;
    std::string name;
    Effects effects;
    std::vector<Oid> reads;
  };

  static std::array<std::string, 2> keys(const std::string& schema, const std::string& name) {
    const std::string nul(1, '\0');
    return {schema + nul + name, nul + name};
  }

  // Where a definition calls it: nobody sees there which settings are changed.
  static Effects effects_of_one_function(const std::string& schema, const std::string& name,
                                         const FunctionFact& fact) {
    const Effects* rule = schema == "pg_catalog" ? built_in_function(name) : nullptr;
    Effects effects = effects_of_function(name, rule, &fact);
    if (rule != nullptr && name == "set_config") {
      effects.merge(pins("volatile function", Pin::k_settings_unknown));
    }
    return effects;
  }

  void add_definition(const std::optional<TreeUses>& uses, SeenRelation& relation) {
    if (!uses) return relation.effects.merge(not_judged("view or policy that is not understood"));
    for (const FunctionUse& use : uses->functions) relation.effects.merge(effects_of_use(use));
    for (const Oid oid : uses->operators) {
      if (operators_.contains(oid)) {
        relation.effects.merge(anything("operator with a volatile function"));
      }
    }
    for (const Oid oid : uses->types) {
      if (types_.contains(oid)) relation.effects.merge(anything("type with a volatile function"));
    }
    if (uses->locks_rows) relation.effects.merge(writes("locks rows (in a view)"));
    relation.reads.insert(relation.reads.end(), uses->relations.begin(), uses->relations.end());
  }

  Effects effects_of_use(const FunctionUse& use) const {
    if (use.names_own_setting && current_setting_.contains(use.function)) return k_own_setting;
    const auto found = function_effects_.find(use.function);
    if (found == function_effects_.end()) return unknown("function unknown to the catalogue");
    return found->second;
  }

  Catalogue catalogue_;
  TouchBuilder touches_{catalogue_.touches_};
  std::unordered_map<Oid, Effects> function_effects_;
  std::unordered_set<Oid> current_setting_;
  std::unordered_set<Oid> operators_;
  std::unordered_set<Oid> types_;
  std::map<Oid, SeenRelation> relations_;  // in order, so that reasons are always the same
};

namespace {

Result<void> check_shape(const CatalogueAnswers& answers) {
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& [name, columns, never_null] = k_answers[i];
    for (const Catalogue::Row& row : answers[i]) {
      if (row.size() == columns &&
          std::all_of(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(never_null),
                      [](const auto& value) { return value.has_value(); })) {
        continue;
      }
      return fail(std::string("the catalogue's answer about ") + name +
                  " has a row of the wrong shape");
    }
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const Catalogue>> build_catalogue(std::uint64_t version,
                                                         const CatalogueAnswers& built_ins,
                                                         const CatalogueAnswers& users) {
  CHECK(version != 0);
  const std::array<const CatalogueAnswers*, 2> parts = {&built_ins, &users};
  for (const CatalogueAnswers* part : parts) {
    if (auto shape = check_shape(*part); !shape) return std::unexpected(shape.error());
  }
  CatalogueBuilder builder(version);
  for (const CatalogueAnswers* part : parts) {
    const auto& [relations, links, types, operators, functions, schemas] = *part;
    for (const auto& row : functions) builder.add_function(row);
    for (const auto& row : operators) builder.add_operator(row);
    for (const auto& row : types) builder.add_type(row);
  }
  for (const CatalogueAnswers* part : parts) {
    for (const auto& row : part->front()) builder.add_relation(row);
  }
  for (const CatalogueAnswers* part : parts) {
    for (const auto& row : (*part)[1]) builder.add_link(row);
    for (const auto& row : part->back()) builder.add_schema(row);
  }
  builder.settle_relations();
  return builder.take();
}

}  // namespace tidemark::sql
