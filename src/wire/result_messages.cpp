// Of server_messages.h, what answers a statement.
#include "wire/cursor.h"
#include "wire/server_messages.h"
#include "wire/writer.h"

namespace tidemark::wire {
namespace {

constexpr std::uint32_t k_text_oid = 25;

// Of the given name, of no table, of type text without a fixed length or a modifier, as text.
void append_column(Writer& writer, std::string_view name) {
  constexpr std::uint16_t k_variable_length = 0xffff;
  constexpr std::uint32_t k_no_modifier = 0xffffffff;
  writer.string(name).int32(0).int16(0);
  writer.int32(k_text_oid).int16(k_variable_length).int32(k_no_modifier).int16(0);
}

}  // namespace

Result<std::string_view> decode_command_complete(std::string_view payload) {
  Cursor cursor(payload);
  const std::string_view command_tag = cursor.string();
  return cursor.finish(command_tag);
}

Result<std::vector<std::optional<std::string_view>>> decode_data_row(std::string_view payload) {
  std::vector<std::optional<std::string_view>> values;
  Cursor cursor(payload);
  const std::size_t count = cursor.int16();
  for (std::size_t i = 0; i < count && !cursor.failed(); ++i) {
    const std::uint32_t size = cursor.int32();
    values.emplace_back();
    if (size != k_absent) values.back() = cursor.bytes(size);
  }
  return cursor.finish(std::move(values));
}

void append_row_description(std::string& out, std::span<const std::string_view> columns) {
  Writer writer(out, server_tag::k_row_description);
  writer.count(columns.size());
  for (const std::string_view name : columns) append_column(writer, name);
}

void append_row_description(std::string& out, std::initializer_list<std::string_view> columns) {
  append_row_description(out, std::span(columns.begin(), columns.size()));
}

void append_data_row(std::string& out, std::span<const std::optional<std::string_view>> values) {
  Writer writer(out, server_tag::k_data_row);
  writer.count(values.size());
  for (const auto& value : values) {
    if (value) {
      writer.sized(*value);
    } else {
      writer.int32(k_absent);
    }
  }
}

void append_data_row(std::string& out,
                     std::initializer_list<std::optional<std::string_view>> values) {
  append_data_row(out, std::span(values.begin(), values.size()));
}

void append_command_complete(std::string& out, std::string_view command_tag) {
  Writer(out, server_tag::k_command_complete).string(command_tag);
}

void append_empty_query_response(std::string& out) {
  Writer(out, server_tag::k_empty_query_response);
}

void append_parse_complete(std::string& out) { Writer(out, server_tag::k_parse_complete); }

void append_bind_complete(std::string& out) { Writer(out, server_tag::k_bind_complete); }

void append_close_complete(std::string& out) { Writer(out, server_tag::k_close_complete); }

void append_no_data(std::string& out) { Writer(out, server_tag::k_no_data); }

void append_portal_suspended(std::string& out) { Writer(out, server_tag::k_portal_suspended); }

void append_parameter_description(std::string& out) {
  Writer(out, server_tag::k_parameter_description).count(0);
}

}  // namespace tidemark::wire
