#include "session/login.h"

#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "wire/client_messages.h"
#include "wire/error_fields.h"
#include "wire/frame.h"
#include "wire/server_messages.h"

namespace tidemark::session {
namespace {

constexpr std::string_view k_own_prefix = "tidemark.";
constexpr std::string_view k_protocol_option_prefix = "_pq_.";

// "-c name=value" with the characters escaped that pg_split_opts takes apart.
void append_option(std::string& options, std::string_view name, std::string_view value) {
  if (!options.empty()) options += ' ';
  options.append("-c ").append(name).append("=");
  for (const char c : value) {
    if (c == '\\' || c == ' ' || (c >= '\t' && c <= '\r')) options += '\\';
    options += c;
  }
}

}  // namespace

Login::Outcome Login::step(std::string_view bytes, std::size_t& consumed) {
  consumed = 0;
  if (state_ == State::k_sasl_first || state_ == State::k_sasl_final) {
    return take_password(bytes, consumed);
  }
  CHECK(state_ == State::k_startup);
  while (true) {
    const auto packet = wire::peek_startup(bytes.substr(consumed));
    if (!packet.has_value()) return refuse("08P01", packet.error().message);
    if (!packet->has_value()) return Outcome::k_more;
    consumed += (*packet)->size;
    const auto& body = (*packet)->body;
    if (const auto* cancel = std::get_if<wire::CancelRequest>(&body)) {
      *cancelled_ = {cancel->pid, std::string(cancel->key)};
      return Outcome::k_cancel;
    }
    if (const auto* startup = std::get_if<wire::StartupMessage>(&body)) {
      return take_startup(*startup);
    }
    // SSLRequest or GSSENCRequest: not offered, the client may go on in clear.
    out_.append("N");
  }
}

Login::Outcome Login::take_startup(const wire::StartupMessage& startup) {
  const auto version = wire::check_version(startup);
  if (!version.has_value()) return refuse("0A000", version.error().message);
  std::vector<std::string_view> unknown;
  for (const auto& [name, value] : startup.parameters) {
    if (name.starts_with(k_protocol_option_prefix)) {
      unknown.push_back(name);
    } else if (!take_parameter(name, value)) {
      return Outcome::k_refused;
    }
  }
  if (key_.user.empty()) {
    return refuse("28000", "no PostgreSQL user name specified in startup packet");
  }
  if (key_.database.empty()) key_.database = key_.user;
  if (startup.minor > 0 || !unknown.empty()) {
    wire::append_negotiate_protocol_version(out_.tail(), 0, unknown);
  }
  state_ = State::k_deciding;
  return Outcome::k_authenticate;
}

bool Login::take_parameter(const std::string& name, const std::string& value) {
  if (name == "user") {
    key_.user = value;
  } else if (name == "database") {
    key_.database = value;
  } else if (name == "options") {
    return take_options(value);
  } else if (name == "replication") {
    replication_ = value != "false" && value != "off" && value != "no" && value != "0";
    if (replication_) key_.parameters.emplace_back(name, value);
  } else if (name.starts_with(k_own_prefix)) {
    own_settings_.emplace_back(name, value);
  } else {
    key_.parameters.emplace_back(name, value);
  }
  return true;
}

bool Login::take_options(const std::string& options) {
  if (options.find(k_own_prefix) == std::string::npos) {
    key_.parameters.emplace_back("options", options);
    return true;
  }
  const auto settings = wire::parse_options(options);
  if (!settings.has_value()) {
    refuse("42601", settings.error().message);
    return false;
  }
  std::string rest;
  for (const auto& [name, value] : *settings) {
    if (name.starts_with(k_own_prefix)) {
      own_settings_.emplace_back(name, value);
    } else {
      append_option(rest, name, value);
    }
  }
  if (!rest.empty()) key_.parameters.emplace_back("options", rest);
  return true;
}

void Login::challenge(wire::ScramSecret secret, std::string_view nonce) {
  CHECK(state_ == State::k_deciding);
  scram_ = std::make_unique<wire::ScramServer>(std::move(secret), nonce);
  wire::append_authentication_sasl(out_.tail(), {wire::k_scram_mechanism});
  state_ = State::k_sasl_first;
}

Login::Outcome Login::take_password(std::string_view bytes, std::size_t& consumed) {
  const auto header = wire::peek(bytes);
  if (!header.has_value()) return refuse("08P01", header.error().message);
  if (!header->has_value()) return Outcome::k_more;
  const wire::Header& frame = **header;
  if (frame.tag == wire::client_tag::k_terminate) return Outcome::k_refused;
  if (frame.tag != wire::client_tag::k_password ||
      frame.length > wire::k_max_small_client_message) {
    return refuse("08P01", "expected SASL response, got message type " +
                               std::to_string(static_cast<unsigned char>(frame.tag)));
  }
  if (bytes.size() < frame.total()) return Outcome::k_more;
  std::string_view message = wire::payload(bytes, frame);
  consumed = frame.total();
  if (state_ == State::k_sasl_first) {
    const auto initial = wire::decode_sasl_initial_response(message);
    if (!initial.has_value()) return refuse("08P01", initial.error().message);
    if (initial->mechanism != wire::k_scram_mechanism || !initial->response.has_value()) {
      return refuse("08P01", "client selected an invalid SASL authentication mechanism");
    }
    message = *initial->response;
  }
  const auto answer = scram_->step(message);
  if (!answer.has_value()) {
    if (!scram_->refused()) return refuse("08P01", answer.error().message);
    return refuse("28P01", "password authentication failed for user \"" + key_.user + "\"");
  }
  if (!scram_->done()) {
    wire::append_authentication_sasl_continue(out_.tail(), *answer);
    state_ = State::k_sasl_final;
    return Outcome::k_more;
  }
  wire::append_authentication_sasl_final(out_.tail(), *answer);
  scram_.reset();
  state_ = State::k_done;
  return Outcome::k_authenticated;
}

void Login::greet(const ParametersPtr& parameters, std::uint32_t pid, std::string_view cancel_key) {
  std::string& out = out_.tail();
  wire::append_authentication_ok(out);
  if (parameters != nullptr) {
    for (const auto& [name, value] : *parameters) wire::append_parameter_status(out, name, value);
  }
  wire::append_parameter_status(out, "in_hot_standby", "off");
  wire::append_backend_key_data(out, pid, cancel_key);
  wire::append_ready_for_query(out, wire::TransactionStatus::k_idle);
}

Login::Outcome Login::refuse(std::string_view sqlstate, std::string_view message) {
  wire::append_error(out_.tail(), "FATAL", sqlstate, message);
  return Outcome::k_refused;
}

}  // namespace tidemark::session
