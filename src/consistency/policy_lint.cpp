#include "consistency/policy_lint.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace tidemark::consistency {
namespace {

constexpr std::size_t k_longest_name = 63;  // NAMEDATALEN - 1

std::string named(const CompiledRule& rule) { return "\"" + rule.rule().label + "\""; }

class Linter {
 public:
  explicit Linter(std::span<const Rule> rules) : rules_(rules.begin(), rules.end()) {}

  std::vector<Finding> run() {
    for (place_ = 0; place_ < rules_.size(); ++place_) {
      const CompiledRule& rule = rules_[place_];
      check_that_it_says_something(rule);
      check_strong(rule);
      check_otherwise(rule);
      check_names(rule);
      check_shadowed(rule);
      for (std::size_t i = 0; i < place_; ++i) check_pair(rules_[i], rule);
    }
    return std::move(findings_);
  }

 private:
  void error(std::string key, std::string message) {
    findings_.push_back({Finding::Kind::k_error, place_, std::move(key), std::move(message)});
  }
  void warning(std::string key, std::string message) {
    findings_.push_back({Finding::Kind::k_warning, place_, std::move(key), std::move(message)});
  }

  void check_that_it_says_something(const CompiledRule& rule) {
    if (rule.rules_reads() || rule.rules_writes()) return;
    error("", "says nothing: give it read, write, from, otherwise or wait");
  }

  void check_strong(const CompiledRule& rule) {
    if (!rule.is_strong()) return;
    if (rule.sources().any_primary() && rule.sources().any_standby()) {
      error("from",
            "strong reads of a table must all come from the primary or all from standbys: say "
            "from = \"primary\" or from = \"standbys\"");
    }
    if (rule.rule().write == Durability::k_off) {
      warning("write",
              "a crash of the primary loses commits that strong reads have shown: \"off\" answers "
              "before anything is on disk");
    }
  }

  void check_otherwise(const CompiledRule& rule) {
    if (rule.rule().otherwise != Otherwise::k_primary) return;
    const NodeSet room = rule.sources().as_primary;
    if (room == 0 && rule.is_strong()) {
      error("otherwise",
            "strong reads that come from standbys never go to the primary: say otherwise = "
            "\"wait\" or \"refuse\"");
    } else if (room == 0) {
      error("otherwise",
            "the primary is not among `from`: add \"primary\" to it, or say otherwise = \"wait\" "
            "or \"refuse\"");
    } else if (room != ~NodeSet{0}) {
      warning("otherwise",
              "goes to the primary only while that is one of the nodes in `from`: add \"primary\" "
              "to it, or say otherwise = \"wait\" or \"refuse\"");
    }
  }

  // Names that no server has.
  void check_names(const CompiledRule& rule) {
    check_sizes("role", rule.rule().roles);
    check_sizes("database", rule.rule().databases);
    check_sizes("application_name", rule.rule().application_names);
    for (std::size_t i = 0; i < rule.tables().size(); ++i) {
      const TablePattern& table = rule.tables()[i];
      const std::string& text = rule.rule().tables[i];
      if (std::max(table.schema().least_size(), table.table().least_size()) > k_longest_name) {
        warn_of_size("tables", text);
      }
      constexpr std::array k_system = {"pg_catalog", "information_schema", "pg_toast"};
      if (std::ranges::any_of(k_system, [&](const char* schema) {
            return NamePattern::with_wildcards(schema).contains(table.schema());
          })) {
        warning("tables", "\"" + text + "\" never matches: rules do not speak of system relations");
      }
    }
  }

  void check_sizes(const char* key, const std::vector<std::string>& patterns) {
    for (const std::string& text : patterns) {
      if (NamePattern::with_wildcards(text).least_size() > k_longest_name) warn_of_size(key, text);
    }
  }

  void warn_of_size(const char* key, const std::string& text) {
    warning(key, "\"" + text + "\" never matches: names have at most 63 bytes");
  }

  // The first of the earlier rules that takes all of this rule's clients, and of its relations what
  // `takes` says; null: none.
  template <class Takes>
  const CompiledRule* taken_by(const CompiledRule& rule, Takes takes) {
    for (std::size_t i = 0; i < place_; ++i) {
      if (rules_[i].contains_clients(rule) && takes(rules_[i])) return &rules_[i];
    }
    return nullptr;
  }

  void check_shadowed(const CompiledRule& rule) {
    if (const auto* all = taken_by(rule, [](const auto& it) { return it.tables().empty(); })) {
      return warning("", never_matches(named(*all)));
    }
    std::string takers;
    std::vector<std::string> messages;
    for (std::size_t i = 0; i < rule.tables().size(); ++i) {
      const TablePattern& table = rule.tables()[i];
      const auto* taker = taken_by(rule, [&](const auto& it) { return it.contains_table(table); });
      if (taker == nullptr) continue;
      const std::string name = named(*taker);
      if (takers.find(name) == std::string::npos) takers += (takers.empty() ? "" : " and ") + name;
      messages.push_back("\"" + rule.rule().tables[i] + "\" " + never_matches(name));
    }
    if (!messages.empty() && messages.size() == rule.tables().size()) {
      return warning("", never_matches(takers));
    }
    for (std::string& message : messages) warning("tables", std::move(message));
  }

  static std::string never_matches(const std::string& takers) {
    return "never matches: all of it is taken first by " + takers;
  }

  void check_pair(const CompiledRule& earlier, const CompiledRule& rule) {
    if (earlier.is_strong() && rule.is_strong() && earlier.shares_tables(rule) &&
        earlier.is_strong_on_standbys() != rule.is_strong_on_standbys()) {
      error("from", "strong reads of one table must all come from the same place, and " +
                        named(earlier) + " takes those of some of these tables from the " +
                        (rule.is_strong_on_standbys() ? "primary" : "standbys"));
    } else if (earlier.shares_clients(rule) && !earlier.sources().none() &&
               intersect(earlier.sources(), rule.sources()).none()) {
      warning("from", "has no node in common with " + named(earlier) +
                          ": a statement that reads tables of both, or tables that cannot be "
                          "known, is refused");
    }
  }

  std::vector<CompiledRule> rules_;
  std::size_t place_ = 0;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> lint(std::span<const Rule> rules) { return Linter(rules).run(); }

}  // namespace tidemark::consistency
