#include "wire/client_messages.h"

#include "base/check.h"
#include "wire/cursor.h"
#include "wire/writer.h"

namespace tidemark::wire {
namespace {

// `message` is the name in PostgreSQL's error, in capitals.
Target read_target(Cursor& cursor, std::string_view message) {
  const char kind = cursor.byte();
  if (kind != 'S' && kind != 'P') {
    cursor.refuse("invalid " + std::string(message) + " message subtype " +
                  std::to_string(static_cast<unsigned char>(kind)));
  }
  return static_cast<Target>(kind);
}

void read_format(Cursor& cursor, std::vector<bool>& formats) {
  const std::uint16_t format = cursor.int16();
  if (format > 1) cursor.refuse("unsupported format code: " + std::to_string(format));
  formats.push_back(format == 1);
}

// None given: all text. One given: it goes for all.
bool format_of(const std::vector<bool>& formats, std::size_t parameter) {
  if (formats.empty()) return false;
  return formats.size() == 1 ? formats[0] : formats[parameter];
}

}  // namespace

Result<Query> decode_query(std::string_view payload) {
  Cursor cursor(payload);
  return cursor.finish(Query{cursor.string()});
}

Result<Parse> decode_parse(std::string_view payload) {
  Cursor cursor(payload);
  Parse parse;
  parse.statement = cursor.string();
  parse.query = cursor.string();
  parse.type_count = cursor.int16();
  parse.types = cursor.bytes(std::size_t{4} * parse.type_count);
  return cursor.finish(parse);
}

Result<Bind> decode_bind(std::string_view payload) {
  Cursor cursor(payload);
  Bind bind;
  bind.portal = cursor.string();
  bind.statement = cursor.string();
  bind.rest = cursor.rest();
  return cursor.finish(bind);
}

Result<std::vector<BindParameter>> decode_bind_parameters(const Bind& bind) {
  Cursor cursor(bind.rest);
  std::vector<bool> formats;
  const std::size_t format_count = cursor.int16();
  for (std::size_t i = 0; i < format_count && !cursor.failed(); ++i) read_format(cursor, formats);
  const std::size_t count = cursor.int16();
  if (format_count > 1 && format_count != count) {
    cursor.refuse("bind message has " + std::to_string(format_count) + " parameter formats but " +
                  std::to_string(count) + " parameters");
  }
  std::vector<BindParameter> parameters;
  for (std::size_t i = 0; i < count && !cursor.failed(); ++i) {
    const std::uint32_t size = cursor.int32();
    BindParameter parameter{std::nullopt, format_of(formats, i)};
    if (size != k_absent) parameter.value = cursor.bytes(size);
    parameters.push_back(parameter);
  }
  const std::size_t result_formats = cursor.int16();
  cursor.bytes(2 * result_formats);
  return cursor.finish(std::move(parameters));
}

Result<Describe> decode_describe(std::string_view payload) {
  Cursor cursor(payload);
  Describe describe;
  describe.target = read_target(cursor, "DESCRIBE");
  describe.name = cursor.string();
  return cursor.finish(describe);
}

Result<Close> decode_close(std::string_view payload) {
  Cursor cursor(payload);
  Close close;
  close.target = read_target(cursor, "CLOSE");
  close.name = cursor.string();
  return cursor.finish(close);
}

Result<Execute> decode_execute(std::string_view payload) {
  Cursor cursor(payload);
  Execute execute;
  execute.portal = cursor.string();
  execute.max_rows = static_cast<std::int32_t>(cursor.int32());
  return cursor.finish(execute);
}

Result<std::string_view> decode_copy_fail(std::string_view payload) {
  Cursor cursor(payload);
  const std::string_view message = cursor.string();
  return cursor.finish(message);
}

void append_query(std::string& out, std::string_view sql) {
  Writer(out, client_tag::k_query).string(sql);
}

void append_parse(std::string& out, std::string_view statement, std::string_view query,
                  std::string_view types) {
  CHECK(types.size() % 4 == 0);
  Writer writer(out, client_tag::k_parse);
  writer.string(statement).string(query).count(types.size() / 4).bytes(types);
}

void append_bind(std::string& out, std::string_view portal, std::string_view statement,
                 std::string_view rest) {
  Writer(out, client_tag::k_bind).string(portal).string(statement).bytes(rest);
}

void append_describe(std::string& out, Target target, std::string_view name) {
  Writer(out, client_tag::k_describe).byte(static_cast<char>(target)).string(name);
}

void append_close(std::string& out, Target target, std::string_view name) {
  Writer(out, client_tag::k_close).byte(static_cast<char>(target)).string(name);
}

void append_execute(std::string& out, std::string_view portal, std::int32_t max_rows) {
  Writer writer(out, client_tag::k_execute);
  writer.string(portal).int32(static_cast<std::uint32_t>(max_rows));
}

void append_sync(std::string& out) { Writer(out, client_tag::k_sync); }

void append_flush(std::string& out) { Writer(out, client_tag::k_flush); }

void append_terminate(std::string& out) { Writer(out, client_tag::k_terminate); }

void append_copy_data(std::string& out, std::string_view data) {
  Writer(out, client_tag::k_copy_data).bytes(data);
}

void append_copy_done(std::string& out) { Writer(out, client_tag::k_copy_done); }

void append_copy_fail(std::string& out, std::string_view message) {
  Writer(out, client_tag::k_copy_fail).string(message);
}

}  // namespace tidemark::wire
