#include "wire/client_messages.h"
#include "wire/cursor.h"
#include "wire/writer.h"

namespace tidemark::wire {

Result<std::string_view> decode_password(std::string_view payload) {
  Cursor cursor(payload);
  const std::string_view password = cursor.string();
  return cursor.finish(password);
}

Result<SaslInitialResponse> decode_sasl_initial_response(std::string_view payload) {
  Cursor cursor(payload);
  SaslInitialResponse initial;
  initial.mechanism = cursor.string();
  const std::uint32_t size = cursor.int32();
  if (size != k_absent) initial.response = cursor.bytes(size);
  return cursor.finish(initial);
}

void append_password(std::string& out, std::string_view password) {
  Writer(out, client_tag::k_password).string(password);
}

void append_sasl_initial_response(std::string& out, std::string_view mechanism,
                                  std::string_view response) {
  Writer(out, client_tag::k_password).string(mechanism).sized(response);
}

void append_sasl_response(std::string& out, std::string_view data) {
  Writer(out, client_tag::k_password).bytes(data);
}

}  // namespace tidemark::wire
