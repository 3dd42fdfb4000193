// Messages as verbs, and as words: sends(query("SELECT 1")) and got() == "T ?column? | D 1 | …".
#pragma once

#include <initializer_list>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "session/settings.h"
#include "session/surroundings.h"
#include "sql/example_catalogue.h"
#include "sql/oid.h"
#include "wire/client_messages.h"
#include "wire/error_fields.h"
#include "wire/frame.h"
#include "wire/server_messages.h"
#include "wire/writer.h"

namespace tidemark::session::testing {

template <class Append>
std::string made(Append append) {
  std::string out;
  append(out);
  return out;
}

// What a client says.

inline std::string query(std::string_view sql) {
  return made([&](std::string& out) { wire::append_query(out, sql); });
}
inline std::string parse(std::string_view name, std::string_view sql, std::string_view types = {}) {
  return made([&](std::string& out) { wire::append_parse(out, name, sql, types); });
}
inline std::string bind_to(std::string_view statement, std::string_view portal = "") {
  return made([&](std::string& out) { wire::append_bind(out, portal, statement); });
}
// With one parameter, in text.
inline std::string bind_with(std::string_view statement, std::string_view value) {
  return made([&](std::string& out) {
    wire::Writer(out, 'B').string("").string(statement).count(0).count(1).sized(value).count(0);
  });
}
inline std::string describe_statement(std::string_view name) {
  return made([&](std::string& o) { wire::append_describe(o, wire::Target::k_statement, name); });
}
inline std::string describe_portal(std::string_view name = "") {
  return made([&](std::string& o) { wire::append_describe(o, wire::Target::k_portal, name); });
}
inline std::string execute(std::string_view portal = "", std::int32_t max_rows = 0) {
  return made([&](std::string& out) { wire::append_execute(out, portal, max_rows); });
}
inline std::string close_statement(std::string_view name) {
  return made([&](std::string& out) { wire::append_close(out, wire::Target::k_statement, name); });
}
inline std::string close_portal(std::string_view name) {
  return made([&](std::string& out) { wire::append_close(out, wire::Target::k_portal, name); });
}
inline std::string sync() { return made(wire::append_sync); }
inline std::string flush() { return made(wire::append_flush); }
inline std::string terminate() { return made(wire::append_terminate); }
inline std::string copy_data(std::string_view data) {
  return made([&](std::string& out) { wire::append_copy_data(out, data); });
}
inline std::string copy_done() { return made(wire::append_copy_done); }
inline std::string copy_fail(std::string_view why) {
  return made([&](std::string& out) { wire::append_copy_fail(out, why); });
}
// lo_creat and its like: an oid, and nothing.
inline std::string function_call() {
  return made([](std::string& o) { wire::Writer(o, 'F').int32(1).count(0).count(0).count(0); });
}
// The batch of most drivers.
inline std::string prepared_and_run(std::string_view sql) {
  return parse("", sql) + bind_to("") + describe_portal() + execute() + sync();
}
inline std::string run(std::string_view statement) {
  return bind_to(statement) + execute() + sync();
}

// What a server says.

inline std::string row_description(std::initializer_list<std::string_view> columns) {
  return made([&](std::string& out) { wire::append_row_description(out, columns); });
}
inline std::string data_row(std::initializer_list<std::optional<std::string_view>> values) {
  return made([&](std::string& out) { wire::append_data_row(out, values); });
}
inline std::string complete(std::string_view command_tag) {
  return made([&](std::string& out) { wire::append_command_complete(out, command_tag); });
}
inline std::string ready(char status = 'I') {
  return made([&](std::string& out) {
    wire::append_ready_for_query(out, static_cast<wire::TransactionStatus>(status));
  });
}
inline std::string error(std::string_view sqlstate, std::string_view severity = "ERROR") {
  return made([&](std::string& out) { wire::append_error(out, severity, sqlstate, "a message"); });
}
inline std::string notice(std::string_view sqlstate) {
  return made(
      [&](std::string& out) { wire::append_notice(out, "WARNING", sqlstate, "a message"); });
}
inline std::string parameter(std::string_view name, std::string_view value) {
  return made([&](std::string& out) { wire::append_parameter_status(out, name, value); });
}
inline std::string notification(std::string_view channel) {
  return made(
      [&](std::string& out) { wire::Writer(out, 'A').int32(1).string(channel).string(""); });
}
inline std::string parsed() { return made(wire::append_parse_complete); }
inline std::string bound() { return made(wire::append_bind_complete); }
inline std::string closed() { return made(wire::append_close_complete); }
inline std::string no_data() { return made(wire::append_no_data); }
inline std::string suspended() { return made(wire::append_portal_suspended); }
inline std::string no_parameters() {
  return made([](std::string& out) { wire::append_parameter_description(out); });
}
inline std::string copy_response(char tag) {
  return made([&](std::string& out) { wire::Writer(out, tag).byte(0).count(0); });
}
inline std::string copy_in() { return copy_response('G'); }
inline std::string copy_out() { return copy_response('H'); }
inline std::string function_result() {
  return made([](std::string& out) { wire::Writer(out, 'V').int32(-1); });
}
// A SELECT's answer of one row.
inline std::string row(std::string_view value) {
  return row_description({"a"}) + data_row({value}) + complete("SELECT 1");
}

// In words.

inline std::string shown(std::string_view text) {
  if (text == k_sql_to_probe) return "<probe>";
  if (text.size() > 200) return "<" + std::to_string(text.size()) + " bytes>";
  return std::string(text);
}

inline std::string named(std::string_view name) { return name.empty() ? "-" : std::string(name); }

// The payload of a client's message.
inline std::string asked(char tag, std::string_view payload) {
  namespace t = wire::client_tag;
  switch (tag) {
    case t::k_query:
      return shown(wire::decode_query(payload)->sql);
    case t::k_parse:
      return named(wire::decode_parse(payload)->statement) + " " +
             shown(wire::decode_parse(payload)->query);
    case t::k_bind:
      return named(wire::decode_bind(payload)->portal) + " " +
             named(wire::decode_bind(payload)->statement);
    case t::k_describe:
    case t::k_close:
      return std::string(1, payload[0]) + " " + named(wire::decode_describe(payload)->name);
    case t::k_execute:
      return named(wire::decode_execute(payload)->portal);
    case t::k_copy_data:
      return shown(payload);
    case t::k_copy_fail:
      return std::string(*wire::decode_copy_fail(payload));
    default:
      return {};
  }
}

// The payload of a server's message.
inline std::string told(char tag, std::string_view payload) {
  namespace t = wire::server_tag;
  switch (tag) {
    case t::k_row_description: {
      std::string names;
      std::string_view rest = payload.substr(2);
      while (!rest.empty()) {
        const std::size_t end = rest.find('\0');
        names.append(names.empty() ? "" : " ").append(rest.substr(0, end));
        rest.remove_prefix(end + 1 + 18);
      }
      return names;
    }
    case t::k_data_row: {
      std::string values;
      const auto row = wire::decode_data_row(payload);
      for (const auto& value : *row) {
        values.append(values.empty() ? "" : " ").append(shown(value.value_or("NULL")));
      }
      return values;
    }
    case t::k_command_complete:
      return std::string(*wire::decode_command_complete(payload));
    case t::k_ready_for_query:
      return std::string(payload);
    case t::k_error_response:
    case t::k_notice_response: {
      const auto fields = wire::decode_error(payload).value();
      const bool plain = fields.severity() == "ERROR" || tag == t::k_notice_response;
      return (plain ? "" : std::string(fields.severity()) + " ") + std::string(fields.sqlstate());
    }
    case t::k_parameter_status: {
      const auto status = wire::decode_parameter_status(payload).value();
      return std::string(status.name) + "=" + std::string(status.value);
    }
    case t::k_copy_data:
      return shown(payload);
    default:
      return {};
  }
}

// Whole frames, as "Q SELECT 1 | S"; what is left of one as "… n bytes".
template <class Words>
std::string in_words(std::string_view bytes, Words words) {
  std::string out;
  while (!bytes.empty()) {
    if (!out.empty()) out += " | ";
    const auto header = wire::peek(bytes);
    if (!header.has_value() || !header->has_value() || bytes.size() < (*header)->total()) {
      return out + "… " + std::to_string(bytes.size()) + " bytes";
    }
    const std::string said = words((*header)->tag, wire::payload(bytes, **header));
    out += (*header)->tag;
    if (!said.empty()) out.append(" ").append(said);
    bytes.remove_prefix((*header)->total());
  }
  return out;
}

// What the shell is told of a client's writes: "[t]" is under way, "[t u!]" may be DDL as well,
// "[any]", "over", "unknown".
inline std::string of_writes(const Actions& actions, const Writing& writing) {
  std::string text;
  if (actions.writes) {
    std::string tables = writing.tables.any() ? "any" : "";
    for (const consistency::TableId id : writing.tables.in(1).ids) {
      static constexpr const char* k_tables[] = {"t", "u", "item"};
      const std::size_t index = id - sql::k_first_relation - sql::k_first_user_oid;
      tables += tables.empty() ? "" : " ";
      tables += index < std::size(k_tables) ? k_tables[index] : std::to_string(id);
    }
    text = "[" + tables + (writing.renames ? "!]" : "]");
  }
  if (actions.written == Written::k_over) text += "over";
  if (actions.written == Written::k_unknown) text += "unknown";
  return text;
}

}  // namespace tidemark::session::testing
