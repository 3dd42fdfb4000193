// Feeds bytes as a client or a server could send them to everything that reads them: nothing may
// crash or look past the end, and what is a view must lie within what was given.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "wire/client_messages.h"
#include "wire/crypto.h"
#include "wire/frame.h"
#include "wire/scram.h"
#include "wire/server_messages.h"
#include "wire/startup.h"

namespace tidemark::wire {
namespace {

void check_within(std::string_view whole, std::string_view part) {
  if (part.empty()) return;
  CHECK(part.data() >= whole.data());
  CHECK(part.data() + part.size() <= whole.data() + whole.size());
}

void read_startup(std::string_view bytes) {
  if (const auto peeked = peek_startup(bytes); peeked && *peeked) {
    CHECK((*peeked)->size <= bytes.size());
    if (const auto* cancel = std::get_if<CancelRequest>(&(*peeked)->body)) {
      check_within(bytes, cancel->key);
    }
  }
  static_cast<void>(parse_options(bytes));
}

void read_client_message(std::string_view payload) {
  if (const auto query = decode_query(payload)) check_within(payload, query->sql);
  if (const auto parse = decode_parse(payload)) check_within(payload, parse->types);
  if (const auto bind = decode_bind(payload)) {
    if (const auto parameters = decode_bind_parameters(*bind)) {
      for (const BindParameter& parameter : *parameters) {
        if (parameter.value) check_within(payload, *parameter.value);
      }
    }
  }
  if (const auto describe = decode_describe(payload)) check_within(payload, describe->name);
  if (const auto close = decode_close(payload)) check_within(payload, close->name);
  if (const auto execute = decode_execute(payload)) check_within(payload, execute->portal);
  if (const auto message = decode_copy_fail(payload)) check_within(payload, *message);
  if (const auto password = decode_password(payload)) check_within(payload, *password);
  if (const auto initial = decode_sasl_initial_response(payload); initial && initial->response) {
    check_within(payload, *initial->response);
  }
}

void read_server_message(std::string_view payload) {
  if (const auto authentication = decode_authentication(payload)) {
    check_within(payload, authentication->rest);
    if (const auto mechanisms = decode_sasl_mechanisms(authentication->rest)) {
      for (const std::string_view name : *mechanisms) check_within(payload, name);
    }
  }
  if (const auto data = decode_backend_key_data(payload)) check_within(payload, data->key);
  if (const auto status = decode_parameter_status(payload)) check_within(payload, status->value);
  static_cast<void>(decode_ready_for_query(payload));
  if (const auto tag = decode_command_complete(payload)) check_within(payload, *tag);
  static_cast<void>(decode_negotiate_protocol_version(payload));
  if (const auto row = decode_data_row(payload)) {
    for (const auto& value : *row) {
      if (value) check_within(payload, *value);
    }
  }
  if (const auto error = decode_error(payload)) {
    std::string again;
    append_error(again, *error);
    CHECK(std::string_view(again).substr(k_header_size) == payload);
  }
}

void read_frames(std::string_view bytes) {
  while (true) {
    const auto header = peek(bytes);
    if (!header || !*header || (*header)->total() > bytes.size()) return;
    static_cast<void>(validate_client(**header));
    read_client_message(payload(bytes, **header));
    read_server_message(payload(bytes, **header));
    bytes.remove_prefix((*header)->total());
  }
}

// The input is the first message, a line feed, and the second, from either side; a "?" in place of
// the nonce of the other side, which no fuzzer guesses.
void read_scram(std::string_view bytes) {
  const std::size_t middle = bytes.find('\n');
  if (middle == std::string_view::npos) return;
  static const ScramSecret secret = *ScramSecret::derive("pencil", "salt", 1);
  ScramServer server(secret, "nonce");
  const auto challenge = server.step(bytes.substr(0, middle));
  std::string answer(bytes.substr(middle + 1));
  const std::size_t mark = answer.find('?');
  if (challenge && mark != std::string::npos) {
    answer.replace(mark, 1, challenge->substr(2, challenge->find(',') - 2));
  }
  static_cast<void>(server.step(answer));
  CHECK(!server.done());
  // With many iterations the fuzzer would measure only PBKDF2.
  if (bytes.find(",i=1,") == std::string_view::npos && !bytes.ends_with(",i=1")) return;
  ScramClient client("pencil", "nonce");
  static_cast<void>(client.step("r=" + to_base64("nonce") + std::string(bytes)));
  static_cast<void>(client.step(answer));
  CHECK(!client.done());
}

}  // namespace
}  // namespace tidemark::wire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  tidemark::wire::read_startup(bytes);
  tidemark::wire::read_frames(bytes);
  tidemark::wire::read_client_message(bytes);
  tidemark::wire::read_server_message(bytes);
  tidemark::wire::read_scram(bytes);
  static_cast<void>(tidemark::wire::ScramSecret::parse(bytes));
  static_cast<void>(tidemark::wire::from_base64(bytes));
  return 0;
}
