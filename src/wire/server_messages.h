// What a server sends. Decoders take the payload of a frame (wire/frame.h), check it to the last
// byte and return views into it; encoders append a whole frame to `out`. Errors: 08P01.
// ErrorResponse and NoticeResponse are in wire/error_fields.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/error_fields.h"

namespace tidemark::wire {

namespace server_tag {
constexpr char k_authentication = 'R';
constexpr char k_backend_key_data = 'K';
constexpr char k_bind_complete = '2';
constexpr char k_close_complete = '3';
constexpr char k_command_complete = 'C';
constexpr char k_copy_both_response = 'W';
constexpr char k_copy_data = 'd';
constexpr char k_copy_done = 'c';
constexpr char k_copy_in_response = 'G';
constexpr char k_copy_out_response = 'H';
constexpr char k_data_row = 'D';
constexpr char k_empty_query_response = 'I';
constexpr char k_error_response = 'E';
constexpr char k_function_call_response = 'V';
constexpr char k_negotiate_protocol_version = 'v';
constexpr char k_no_data = 'n';
constexpr char k_notice_response = 'N';
constexpr char k_notification_response = 'A';
constexpr char k_parameter_description = 't';
constexpr char k_parameter_status = 'S';
constexpr char k_parse_complete = '1';
constexpr char k_portal_suspended = 's';
constexpr char k_ready_for_query = 'Z';
constexpr char k_row_description = 'T';
}  // namespace server_tag

enum class AuthenticationType : std::uint32_t {
  k_ok = 0,
  k_kerberos_v5 = 2,
  k_cleartext_password = 3,
  k_md5_password = 5,
  k_gss = 7,
  k_gss_continue = 8,
  k_sspi = 9,
  k_sasl = 10,
  k_sasl_continue = 11,
  k_sasl_final = 12,
};

struct Authentication {
  AuthenticationType type = AuthenticationType::k_ok;  // may be a value that has no name here
  std::string_view rest;  // md5: the salt of four bytes; SASL: mechanisms, or the mechanism's bytes
};

struct BackendKeyData {
  std::uint32_t pid = 0;
  std::string_view key;  // 4 to 256 bytes; always 4 before protocol 3.2
};

struct ParameterStatus {
  std::string_view name;
  std::string_view value;
};

enum class TransactionStatus : char { k_idle = 'I', k_in_transaction = 'T', k_failed = 'E' };

struct NegotiateProtocolVersion {
  std::uint32_t newest = 0;  // as PostgreSQL sends it: major << 16 | minor
  std::vector<std::string_view> unknown_options;
};

Result<Authentication> decode_authentication(std::string_view payload);
// The names that follow AuthenticationSASL, from Authentication::rest.
Result<std::vector<std::string_view>> decode_sasl_mechanisms(std::string_view rest);
Result<BackendKeyData> decode_backend_key_data(std::string_view payload);
Result<ParameterStatus> decode_parameter_status(std::string_view payload);
Result<TransactionStatus> decode_ready_for_query(std::string_view payload);
// The command tag, "INSERT 0 1".
Result<std::string_view> decode_command_complete(std::string_view payload);
Result<NegotiateProtocolVersion> decode_negotiate_protocol_version(std::string_view payload);
Result<std::vector<std::optional<std::string_view>>> decode_data_row(std::string_view payload);

void append_authentication_ok(std::string& out);
void append_authentication_cleartext(std::string& out);
// REQUIRES: salt.size() == 4.
void append_authentication_md5(std::string& out, std::string_view salt);
void append_authentication_sasl(std::string& out,
                                std::initializer_list<std::string_view> mechanisms);
void append_authentication_sasl_continue(std::string& out, std::string_view data);
void append_authentication_sasl_final(std::string& out, std::string_view data);
// REQUIRES: a key of k_min_cancel_key to k_max_cancel_key bytes (wire/startup.h).
void append_backend_key_data(std::string& out, std::uint32_t pid, std::string_view key);
void append_parameter_status(std::string& out, std::string_view name, std::string_view value);
void append_ready_for_query(std::string& out, TransactionStatus status);
// Answers a startup message that asked for a newer minor version or for unknown "_pq_." options.
void append_negotiate_protocol_version(std::string& out, std::uint16_t newest_minor,
                                       std::span<const std::string_view> unknown_options);

// Results. Every column is of type text, in text format.
void append_row_description(std::string& out, std::span<const std::string_view> columns);
void append_row_description(std::string& out, std::initializer_list<std::string_view> columns);
void append_data_row(std::string& out, std::span<const std::optional<std::string_view>> values);
void append_data_row(std::string& out,
                     std::initializer_list<std::optional<std::string_view>> values);
void append_command_complete(std::string& out, std::string_view command_tag);
void append_empty_query_response(std::string& out);
void append_parse_complete(std::string& out);
void append_bind_complete(std::string& out);
void append_close_complete(std::string& out);
void append_no_data(std::string& out);
void append_portal_suspended(std::string& out);
// A statement without parameters.
void append_parameter_description(std::string& out);

}  // namespace tidemark::wire
