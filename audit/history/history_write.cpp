#include <fmt/format.h>
#include <simdjson.h>

#include <iterator>
#include <utility>

#include "audit/history/history_file.h"
#include "audit/history/history_names.h"

namespace tidemark::audit {
namespace {

class Writer {
 public:
  explicit Writer(std::ostream& out) : out_(&out) {}

  template <class... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(line_), format, std::forward<Values>(values)...);
  }

  void add_text(std::string_view key, std::string_view text) {
    add("\"{}\":\"", key);
    const bool is_utf8 = simdjson::validate_utf8(text.data(), text.size());
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        add("\\{}", c);
      } else if (byte < 0x20) {
        add("\\u{:04x}", byte);
      } else {
        line_.push_back(byte < 0x80 || is_utf8 ? c : '?');
      }
    }
    add("\"");
  }

  void end_line() {
    line_.push_back('\n');
    out_->write(line_.data(), static_cast<std::streamsize>(line_.size()));
    line_.clear();
    ++lines_;
  }

  std::uint64_t lines() const { return lines_; }

 private:
  std::ostream* out_;
  fmt::memory_buffer line_;
  std::uint64_t lines_ = 0;
};

// [row,version,writer]; the version is null where it is not known.
template <class Item>  // Seen or Put
void add_item(Writer& writer, const Item& item) {
  if (item.version == k_unknown_version) {
    writer.add("[{},null,{}]", item.row, item.writer);
  } else {
    writer.add("[{},{},{}]", item.row, item.version, item.writer);
  }
}

void add_item(Writer& writer, const ListSeen& list) {
  writer.add("[{},[{}]]", list.row, fmt::join(list.items, ","));
}

template <class Item>
void add_items(Writer& writer, std::string_view key, const std::vector<Item>& items) {
  if (items.empty()) return;
  writer.add(",\"{}\":[", key);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) writer.add(",");
    add_item(writer, items[i]);
  }
  writer.add("]");
}

void write_heads(const History& history, Writer& writer) {
  writer.add("{{\"format\":\"{}\",\"version\":{},", k_history_format, k_history_version);
  writer.add_text("title", history.title);
  writer.add("}}");
  writer.end_line();
  for (const Row& row : history.rows) {
    writer.add("{{\"row\":\"{}\",\"key\":{}}}", k_row_kinds[std::to_underlying(row.kind)], row.key);
    writer.end_line();
  }
  const auto write_texts = [&](std::string_view key, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      writer.add("{{");
      writer.add_text(key, text);
      writer.add("}}");
      writer.end_line();
    }
  };
  write_texts("endpoint", history.endpoints);
  write_texts("node", history.nodes);
  if (!history.no_commits.empty()) write_texts("no_commits", {history.no_commits});
}

void write_operation(const Operation& operation, Writer& writer) {
  writer.add("{{\"operation\":\"{}\",\"session\":{},\"start\":{},\"end\":{}",
             k_operation_kinds[std::to_underlying(operation.kind)], operation.session,
             operation.started.count(), operation.ended.count());
  if (operation.outcome != Outcome::k_ok) {
    writer.add(",\"outcome\":\"{}\"", k_outcomes[std::to_underlying(operation.outcome)]);
  }
  if (operation.protocol != Protocol::k_simple) {
    writer.add(",\"protocol\":\"{}\"", k_protocols[std::to_underlying(operation.protocol)]);
  }
  if (operation.served_by != ServedBy::k_unknown) {
    writer.add(",\"served_by\":\"{}\"", k_served_by[std::to_underlying(operation.served_by)]);
  }
  const auto add_number = [&](std::string_view key, std::uint64_t number) {
    if (number != 0) writer.add(",\"{}\":{}", key, number);
  };
  add_number("endpoint", operation.endpoint);
  add_number("node", operation.node);
  add_number("connection", operation.connection);
  add_number("message", operation.message);
  add_number("xid", operation.xid);
  if (operation.loss_declared) writer.add(",\"loss_declared\":true");
  add_items(writer, "seen", operation.seen);
  add_items(writer, "puts", operation.puts);
  add_items(writer, "lists", operation.lists);
  if (!operation.error.empty()) {
    writer.add(",");
    writer.add_text("error", operation.error);
  }
  writer.add("}}");
  writer.end_line();
}

void write_truth(const History& history, Writer& writer) {
  for (const Commit& commit : history.commits) {
    writer.add("{{\"commit\":{},\"lsn\":{}", commit.xid, commit.lsn);
    add_items(writer, "puts", commit.puts);
    writer.add("}}");
    writer.end_line();
  }
  const auto write_items = [&](std::string_view key, const auto& items) {
    for (const auto& item : items) {
      writer.add("{{\"{}\":", key);
      add_item(writer, item);
      writer.add("}}");
      writer.end_line();
    }
  };
  write_items("last", history.last);
  write_items("last_list", history.last_lists);
}

}  // namespace

void save_history(const History& history, std::ostream& out) {
  Writer writer(out);
  write_heads(history, writer);
  for (const Operation& operation : history.operations) write_operation(operation, writer);
  write_truth(history, writer);
  for (const Event& event : history.events) {
    writer.add("{{");
    writer.add_text("event", event.what);
    writer.add(",\"at\":{}}}", event.at.count());
    writer.end_line();
  }
  writer.add("{{\"end\":{}}}", writer.lines() + 1);
  writer.end_line();
}

}  // namespace tidemark::audit
