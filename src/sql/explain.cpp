#include "sql/explain.h"

#include <string_view>
#include <vector>

namespace tidemark::sql {
namespace {

const char* to_string(Isolation isolation) {
  switch (isolation) {
    case Isolation::k_read_committed:
      return "read committed";
    case Isolation::k_repeatable_read:
      return "repeatable read";
    case Isolation::k_serializable:
      return "serializable";
  }
  return "unknown";
}

class Lines {
 public:
  // Nothing to say: no line.
  void add(std::string_view word, std::string_view what) {
    if (what.empty()) return;
    text_.append(word).append(": ").append(what).append("\n");
  }

  void add(std::string_view word, const std::vector<Name>& names) {
    std::string list;
    for (const Name& name : names) {
      if (!list.empty()) list += ", ";
      if (!name.schema.empty()) list += name.schema + ".";
      list += name.name;
    }
    add(word, list);
  }

  void add(std::string_view word, const std::vector<Touched>& touched, bool more) {
    std::string list;
    for (const Touched& each : touched) {
      if (!list.empty()) list += ", ";
      list += each.schema + "." + each.name;
    }
    if (more) list += list.empty() ? "perhaps any" : "; perhaps others";
    add(word, list);
  }

  void add_indented(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      text_.append("  ").append(text.substr(0, end)).append("\n");
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string where(const Statement& statement) {
  if (!statement.unheard_setting.empty()) return "nobody: only a server would hear of the setting";
  if (is_own_setting(statement.setting_name)) return "the gateway itself";
  switch (statement.kind) {
    case Kind::k_empty:
    case Kind::k_prepare:
      return "";
    case Kind::k_execute:
      if (!statement.needs_primary) return "as the prepared statement";
      break;
    case Kind::k_begin:
    case Kind::k_commit:
    case Kind::k_rollback:
    case Kind::k_savepoint:
    case Kind::k_fetch:
      if (!statement.needs_primary) return "as its transaction";
      break;
    default:
      break;
  }
  if (!statement.needs_primary) return "any node that is fresh enough";
  return std::string("the primary: ") + statement.why_primary;
}

std::string leaves(const Statement& statement) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  for (const std::string& setting : statement.settings) add("setting " + setting);
  if (statement.all_settings) add("all settings at their defaults");
  if (statement.pin != Pin::k_none) add(std::string("pinned by: ") + to_string(statement.pin));
  if (statement.opaque) add("perhaps more, which the text does not show");
  return text;
}

std::string characteristics(const Statement& statement) {
  std::string text;
  const auto add = [&](std::string_view part) {
    if (!text.empty()) text += ", ";
    text += part;
  };
  if (statement.isolation) add(to_string(*statement.isolation));
  if (statement.read_only) add(*statement.read_only ? "read only" : "read write");
  if (statement.deferrable) add(*statement.deferrable ? "deferrable" : "not deferrable");
  return text;
}

}  // namespace

std::string describe(const Statement& statement) {
  Lines lines;
  lines.add("statement", to_string(statement.kind));
  lines.add("name", statement.name);
  lines.add("setting", statement.setting_name);
  lines.add("transaction", characteristics(statement));
  lines.add("may be served by", where(statement));
  lines.add("reads", statement.reads);
  lines.add("writes", statement.writes);
  if (statement.may_write && statement.writes.empty()) lines.add("writes", "perhaps");
  lines.add("functions", statement.functions);
  lines.add("tables read in all", statement.touched_reads, statement.reads_unknown);
  lines.add("tables written in all", statement.touched_writes, statement.writes_unknown);
  lines.add("leaves in the session", leaves(statement));
  lines.add("changes the catalogue", statement.changes_catalogue ? "yes" : "");
  lines.add("closes connections to", statement.affected_database);
  for (const Hint& hint : statement.hints) lines.add("hint", hint.name + " = " + hint.value);
  if (statement.inner != nullptr) {
    lines.add("prepares", to_string(statement.inner->kind));
    lines.add_indented(describe(*statement.inner));
  }
  return lines.take();
}

}  // namespace tidemark::sql
