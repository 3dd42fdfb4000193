// Of server_messages.h, what a connection says of itself. The results are in result_messages.cpp.
#include "wire/server_messages.h"

#include "base/check.h"
#include "wire/cursor.h"
#include "wire/startup.h"
#include "wire/writer.h"

namespace tidemark::wire {
namespace {

void append_authentication(std::string& out, AuthenticationType type, std::string_view rest = {}) {
  Writer(out, server_tag::k_authentication).int32(static_cast<std::uint32_t>(type)).bytes(rest);
}

}  // namespace

Result<Authentication> decode_authentication(std::string_view payload) {
  constexpr std::size_t k_md5_salt_size = 4;
  Cursor cursor(payload);
  Authentication authentication;
  authentication.type = static_cast<AuthenticationType>(cursor.int32());
  if (authentication.type == AuthenticationType::k_md5_password) {
    authentication.rest = cursor.bytes(k_md5_salt_size);
  } else {
    authentication.rest = cursor.rest();
  }
  return cursor.finish(authentication);
}

Result<std::vector<std::string_view>> decode_sasl_mechanisms(std::string_view rest) {
  std::vector<std::string_view> mechanisms;
  Cursor cursor(rest);
  for (std::string_view name = cursor.string(); !name.empty(); name = cursor.string()) {
    mechanisms.push_back(name);
  }
  return cursor.finish(std::move(mechanisms));
}

Result<BackendKeyData> decode_backend_key_data(std::string_view payload) {
  Cursor cursor(payload);
  BackendKeyData data;
  data.pid = cursor.int32();
  data.key = cursor.rest();
  if (data.key.size() < k_min_cancel_key || data.key.size() > k_max_cancel_key) {
    cursor.refuse("invalid length of cancel key");
  }
  return cursor.finish(data);
}

Result<ParameterStatus> decode_parameter_status(std::string_view payload) {
  Cursor cursor(payload);
  ParameterStatus status;
  status.name = cursor.string();
  status.value = cursor.string();
  return cursor.finish(status);
}

Result<TransactionStatus> decode_ready_for_query(std::string_view payload) {
  Cursor cursor(payload);
  const char status = cursor.byte();
  if (status != 'I' && status != 'T' && status != 'E') cursor.refuse("invalid transaction status");
  return cursor.finish(static_cast<TransactionStatus>(status));
}

Result<NegotiateProtocolVersion> decode_negotiate_protocol_version(std::string_view payload) {
  Cursor cursor(payload);
  NegotiateProtocolVersion negotiate;
  negotiate.newest = cursor.int32();
  const std::uint32_t count = cursor.int32();
  for (std::uint32_t i = 0; i < count && !cursor.failed(); ++i) {
    negotiate.unknown_options.push_back(cursor.string());
  }
  return cursor.finish(std::move(negotiate));
}

void append_authentication_ok(std::string& out) {
  append_authentication(out, AuthenticationType::k_ok);
}

void append_authentication_cleartext(std::string& out) {
  append_authentication(out, AuthenticationType::k_cleartext_password);
}

void append_authentication_md5(std::string& out, std::string_view salt) {
  CHECK(salt.size() == 4);
  append_authentication(out, AuthenticationType::k_md5_password, salt);
}

void append_authentication_sasl(std::string& out,
                                std::initializer_list<std::string_view> mechanisms) {
  Writer writer(out, server_tag::k_authentication);
  writer.int32(static_cast<std::uint32_t>(AuthenticationType::k_sasl));
  for (const std::string_view name : mechanisms) writer.string(name);
  writer.byte('\0');
}

void append_authentication_sasl_continue(std::string& out, std::string_view data) {
  append_authentication(out, AuthenticationType::k_sasl_continue, data);
}

void append_authentication_sasl_final(std::string& out, std::string_view data) {
  append_authentication(out, AuthenticationType::k_sasl_final, data);
}

void append_backend_key_data(std::string& out, std::uint32_t pid, std::string_view key) {
  CHECK(key.size() >= k_min_cancel_key && key.size() <= k_max_cancel_key);
  Writer(out, server_tag::k_backend_key_data).int32(pid).bytes(key);
}

void append_parameter_status(std::string& out, std::string_view name, std::string_view value) {
  Writer(out, server_tag::k_parameter_status).string(name).string(value);
}

void append_ready_for_query(std::string& out, TransactionStatus status) {
  Writer(out, server_tag::k_ready_for_query).byte(static_cast<char>(status));
}

void append_negotiate_protocol_version(std::string& out, std::uint16_t newest_minor,
                                       std::span<const std::string_view> unknown_options) {
  // The page on message formats says "newest minor version", but PostgreSQL sends, and libpq
  // expects, the major one with it.
  constexpr std::uint32_t k_major = 3;
  Writer writer(out, server_tag::k_negotiate_protocol_version);
  writer.int32(k_major << 16 | newest_minor);
  writer.int32(static_cast<std::uint32_t>(unknown_options.size()));
  for (const std::string_view option : unknown_options) writer.string(option);
}

}  // namespace tidemark::wire
