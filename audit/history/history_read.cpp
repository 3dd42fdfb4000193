#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <concepts>
#include <limits>
#include <string>
#include <utility>

#include "audit/history/history_file.h"
#include "audit/history/history_names.h"

namespace tidemark::audit {
namespace {

using Element = simdjson::dom::element;
using Object = simdjson::dom::object;

// Each returns whether the value was of that kind, and fitted.
template <std::integral Number>
bool read(const Element& value, Number& number) {
  std::uint64_t read = 0;
  if (value.get(read) != simdjson::SUCCESS || !std::in_range<Number>(read)) return false;
  number = static_cast<Number>(read);
  return true;
}

bool read(const Element& value, bool& flag) { return value.get(flag) == simdjson::SUCCESS; }

bool read(const Element& value, std::string& text) {
  std::string_view read;
  if (value.get(read) != simdjson::SUCCESS) return false;
  text = read;
  return true;
}

bool read(const Element& value, Duration& time) {
  Duration::rep nanoseconds = 0;
  if (!read(value, nanoseconds)) return false;
  time = Duration(nanoseconds);
  return true;
}

template <class Enum, std::size_t k_size>
bool read(const Element& value, Enum& kind, const std::array<std::string_view, k_size>& names) {
  std::string_view name;
  if (value.get(name) != simdjson::SUCCESS) return false;
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return false;
  kind = static_cast<Enum>(found - names.begin());
  return true;
}

template <class Item>  // Seen or Put
bool read_version(const Element& value, Item& item) {
  simdjson::dom::array parts;
  if (value.get(parts) != simdjson::SUCCESS || parts.size() != 3) return false;
  const Element version = parts.at(1).value_unsafe();
  if (version.is_null() && std::is_same_v<Item, Put>) {
    item.version = k_unknown_version;
  } else if (!read(version, item.version) || item.version == k_unknown_version) {
    return false;
  }
  return read(parts.at(0).value_unsafe(), item.row) &&
         read(parts.at(2).value_unsafe(), item.writer);
}

bool read(const Element& value, Seen& seen) { return read_version(value, seen); }
bool read(const Element& value, Put& put) { return read_version(value, put); }

template <class Item>
bool read(const Element& value, std::vector<Item>& items);

bool read(const Element& value, ListSeen& list) {
  simdjson::dom::array parts;
  if (value.get(parts) != simdjson::SUCCESS || parts.size() != 2) return false;
  return read(parts.at(0).value_unsafe(), list.row) && read(parts.at(1).value_unsafe(), list.items);
}

template <class Item>
bool read(const Element& value, std::vector<Item>& items) {
  simdjson::dom::array parts;
  if (value.get(parts) != simdjson::SUCCESS) return false;
  items.reserve(parts.size());
  for (const Element part : parts) {
    if (!read(part, items.emplace_back())) return false;
  }
  return true;
}

// The fields of one line. `field` reads the one of that name and returns whether it could, or
// returns nothing where no field has that name.
template <class Field>
Result<void> read_fields(const Object& line, const Field& field) {
  for (const auto& [key, value] : line) {
    const std::optional<bool> could = field(key, value);
    if (!could) return fail(fmt::format("\"{}\" does not belong here", key));
    if (!*could) {
      return fail(fmt::format("\"{}\" cannot be {}", key, simdjson::minify(value)));
    }
  }
  return {};
}

Result<void> require(const Object& line, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (line.at_key(key).error() != simdjson::SUCCESS) {
      return fail(fmt::format("\"{}\" is missing", key));
    }
  }
  return {};
}

using Field = std::optional<bool>;

Field operation_field(std::string_view key, const Element& value, Operation& operation) {
  if (key == "operation") return read(value, operation.kind, k_operation_kinds);
  if (key == "session") return read(value, operation.session);
  if (key == "start") return read(value, operation.started);
  if (key == "end") return read(value, operation.ended);
  if (key == "outcome") return read(value, operation.outcome, k_outcomes);
  if (key == "protocol") return read(value, operation.protocol, k_protocols);
  if (key == "served_by") return read(value, operation.served_by, k_served_by);
  if (key == "endpoint") return read(value, operation.endpoint);
  if (key == "node") return read(value, operation.node);
  if (key == "connection") return read(value, operation.connection);
  if (key == "message") return read(value, operation.message);
  if (key == "xid") return read(value, operation.xid);
  if (key == "loss_declared") return read(value, operation.loss_declared);
  if (key == "seen") return read(value, operation.seen);
  if (key == "puts") return read(value, operation.puts);
  if (key == "lists") return read(value, operation.lists);
  if (key == "error") return read(value, operation.error);
  return std::nullopt;
}

Result<void> read_operation(const Object& line, Operation& operation) {
  if (auto all = require(line, {"session", "start", "end"}); !all) return all;
  return read_fields(line, [&](std::string_view key, const Element& value) {
    return operation_field(key, value, operation);
  });
}

Result<void> read_commit(const Object& line, Commit& commit) {
  if (auto all = require(line, {"lsn"}); !all) return all;
  return read_fields(line, [&](std::string_view key, const Element& value) -> Field {
    if (key == "commit") return read(value, commit.xid);
    if (key == "lsn") return read(value, commit.lsn);
    if (key == "puts") return read(value, commit.puts);
    return std::nullopt;
  });
}

Result<void> read_row(const Object& line, Row& row) {
  if (auto all = require(line, {"key"}); !all) return all;
  return read_fields(line, [&](std::string_view key, const Element& value) -> Field {
    if (key == "row") return read(value, row.kind, k_row_kinds);
    if (key == "key") return read(value, row.key);
    return std::nullopt;
  });
}

Result<void> read_event(const Object& line, Event& event) {
  if (auto all = require(line, {"at"}); !all) return all;
  return read_fields(line, [&](std::string_view key, const Element& value) -> Field {
    if (key == "event") return read(value, event.what);
    if (key == "at") return read(value, event.at);
    return std::nullopt;
  });
}

template <class Value>
Result<void> read_only_field(const Object& line, std::string_view name, Value& into) {
  return read_fields(line, [&](std::string_view key, const Element& value) -> Field {
    if (key == name) return read(value, into);
    return std::nullopt;
  });
}

class Reader {
 public:
  Result<void> line(std::string_view text) {
    ++lines_;
    Object line;
    if (parser_.parse(text.data(), text.size()).get(line) != simdjson::SUCCESS) {
      return fail("this is no JSON object");
    }
    if (ended_) return fail("something follows the end");
    if (lines_ == 1) return head(line);
    if (line.begin() == line.end()) return fail("this is an empty object");
    return thing((*line.begin()).key, line);
  }

  bool has_ended() const { return ended_; }
  std::uint64_t lines() const { return lines_; }
  History history() && { return std::move(history_); }

 private:
  Result<void> head(const Object& line) {
    std::string format;
    std::uint64_t version = 0;
    const auto done = read_fields(line, [&](std::string_view key, const Element& value) -> Field {
      if (key == "format") return read(value, format);
      if (key == "version") return read(value, version);
      if (key == "title") return read(value, history_.title);
      return std::nullopt;
    });
    if (format != k_history_format) {
      return fail(fmt::format("this is no history: \"format\" must be \"{}\"", k_history_format));
    }
    if (version != k_history_version) {
      return fail(fmt::format("its version is {}, and only version {} can be read", version,
                              k_history_version));
    }
    return done;
  }

  // The first field of a line says what it is.
  Result<void> thing(std::string_view key, const Object& line) {
    History& to = history_;
    if (key == "operation") return read_operation(line, to.operations.emplace_back());
    if (key == "commit") return read_commit(line, to.commits.emplace_back());
    if (key == "row") return read_row(line, to.rows.emplace_back());
    if (key == "event") return read_event(line, to.events.emplace_back());
    if (key == "endpoint") return read_only_field(line, key, to.endpoints.emplace_back());
    if (key == "node") return read_only_field(line, key, to.nodes.emplace_back());
    if (key == "no_commits") return read_only_field(line, key, to.no_commits);
    if (key == "last") return read_only_field(line, key, to.last.emplace_back());
    if (key == "last_list") return read_only_field(line, key, to.last_lists.emplace_back());
    if (key == "end") return end(line);
    return fail(fmt::format("a line cannot begin with \"{}\"", key));
  }

  Result<void> end(const Object& line) {
    std::uint64_t lines = 0;
    if (auto done = read_only_field(line, "end", lines); !done) return done;
    if (lines != lines_) {
      return fail(fmt::format("lines are missing or too many: this should be line {}", lines));
    }
    ended_ = true;
    return {};
  }

  simdjson::dom::parser parser_;
  History history_;
  std::uint64_t lines_ = 0;
  bool ended_ = false;
};

}  // namespace

Result<History> load_history(std::istream& in) {
  Reader reader;
  for (std::string line; std::getline(in, line);) {
    if (auto read = reader.line(line); !read) {
      return fail(fmt::format("line {}: {}", reader.lines(), read.error().message));
    }
  }
  if (!reader.has_ended()) {
    return fail(fmt::format("line {}: the history is cut short", reader.lines() + 1));
  }
  return std::move(reader).history();
}

}  // namespace tidemark::audit
