// What a client sends once the startup packet is through. Decoders take the payload of a frame
// (wire/frame.h), check it to the last byte and return views into it; encoders append a whole frame
// to `out`. Errors are in PostgreSQL's words, SQLSTATE 08P01.
//
// A string that an encoder is given ends at its first zero byte, as the wire has no way to carry
// one. Data (CopyData, SASL, the rest of Bind) may hold any byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidemark::wire {

namespace client_tag {
constexpr char k_query = 'Q';
constexpr char k_parse = 'P';
constexpr char k_bind = 'B';
constexpr char k_describe = 'D';
constexpr char k_execute = 'E';
constexpr char k_close = 'C';
constexpr char k_sync = 'S';
constexpr char k_flush = 'H';
constexpr char k_terminate = 'X';
constexpr char k_function_call = 'F';
constexpr char k_copy_data = 'd';  // from the server, too
constexpr char k_copy_done = 'c';  // from the server, too
constexpr char k_copy_fail = 'f';
constexpr char k_password = 'p';  // PasswordMessage, SASLInitialResponse and SASLResponse
}  // namespace client_tag

// What Describe and Close speak of.
enum class Target : char { k_statement = 'S', k_portal = 'P' };

struct Query {
  std::string_view sql;
};

struct Parse {
  std::string_view statement;  // empty: the unnamed one
  std::string_view query;
  std::uint16_t type_count = 0;
  std::string_view types;  // type_count big-endian OIDs of four bytes
};

struct Bind {
  std::string_view portal;
  std::string_view statement;
  std::string_view rest;  // formats and values, unchecked: decode_bind_parameters
};

struct BindParameter {
  std::optional<std::string_view> value;  // none: NULL
  bool binary = false;
};

struct Describe {
  Target target = Target::k_statement;
  std::string_view name;
};

struct Close {
  Target target = Target::k_statement;
  std::string_view name;
};

struct Execute {
  std::string_view portal;
  std::int32_t max_rows = 0;  // zero or less: all
};

struct SaslInitialResponse {
  std::string_view mechanism;
  std::optional<std::string_view> response;  // none is not the same as empty
};

Result<Query> decode_query(std::string_view payload);
Result<Parse> decode_parse(std::string_view payload);
Result<Bind> decode_bind(std::string_view payload);
Result<std::vector<BindParameter>> decode_bind_parameters(const Bind& bind);
Result<Describe> decode_describe(std::string_view payload);
Result<Close> decode_close(std::string_view payload);
Result<Execute> decode_execute(std::string_view payload);
Result<std::string_view> decode_copy_fail(std::string_view payload);
Result<std::string_view> decode_password(std::string_view payload);
Result<SaslInitialResponse> decode_sasl_initial_response(std::string_view payload);
// A SASLResponse has no structure: its payload is the mechanism's bytes.

void append_query(std::string& out, std::string_view sql);
// REQUIRES: types.size() is a multiple of four.
void append_parse(std::string& out, std::string_view statement, std::string_view query,
                  std::string_view types = {});
// `rest` as Bind::rest has it; without it: no parameters, every result column as text.
void append_bind(std::string& out, std::string_view portal, std::string_view statement,
                 std::string_view rest = std::string_view("\0\0\0\0\0\0", 6));
void append_describe(std::string& out, Target target, std::string_view name);
void append_close(std::string& out, Target target, std::string_view name);
void append_execute(std::string& out, std::string_view portal, std::int32_t max_rows = 0);
void append_sync(std::string& out);
void append_flush(std::string& out);
void append_terminate(std::string& out);
void append_copy_data(std::string& out, std::string_view data);
void append_copy_done(std::string& out);
void append_copy_fail(std::string& out, std::string_view message);
void append_password(std::string& out, std::string_view password);
void append_sasl_initial_response(std::string& out, std::string_view mechanism,
                                  std::string_view response);
void append_sasl_response(std::string& out, std::string_view data);

}  // namespace tidemark::wire
