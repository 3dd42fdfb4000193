// The beginning of a client's connection: startup packet, authentication, and the greeting.
// A state machine over bytes that ends with one of a few outcomes. Thread rule: one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "base/lazy.h"
#include "session/server.h"
#include "wire/scram.h"
#include "wire/startup.h"

namespace tidemark::session {

class Login {
 public:
  enum class Outcome : std::uint8_t {
    k_more,           // more bytes are needed
    k_cancel,         // a CancelRequest: see cancelled()
    k_authenticate,   // the startup packet is there: see user(); answer by trust() or challenge()
    k_authenticated,  // the client is who it says
    k_refused,        // an error was written; close
  };

  explicit Login(Buffer& out) : out_(out) {}

  // Looks at the client's bytes; `consumed` says how many it took.
  Outcome step(std::string_view bytes, std::size_t& consumed);

  // After k_authenticate.
  void trust() { state_ = State::k_done; }
  void challenge(wire::ScramSecret secret, std::string_view nonce);

  // Writes AuthenticationOk, the parameters, the key for cancelling, and ReadyForQuery.
  void greet(const ParametersPtr& parameters, std::uint32_t pid, std::string_view cancel_key);

  const std::string& user() const { return key_.user; }
  // What the server connections of this client are opened with.
  const ServerKey& key() const { return key_; }
  // Settings of the gateway's own that came with the startup packet.
  const wire::Parameters& own_settings() const { return own_settings_; }
  // A walsender connection: nothing of it can be shared or understood.
  bool replication() const { return replication_; }

  struct Cancelled {
    std::uint32_t pid = 0;
    std::string key;
  };
  const Cancelled& cancelled() const { return *cancelled_; }

 private:
  enum class State : std::uint8_t { k_startup, k_deciding, k_sasl_first, k_sasl_final, k_done };

  Outcome take_startup(const wire::StartupMessage& startup);
  bool take_parameter(const std::string& name, const std::string& value);
  bool take_options(const std::string& options);
  Outcome take_password(std::string_view bytes, std::size_t& consumed);
  Outcome refuse(std::string_view sqlstate, std::string_view message);

  Buffer& out_;
  State state_ = State::k_startup;
  ServerKey key_;
  wire::Parameters own_settings_;
  bool replication_ = false;
  std::unique_ptr<wire::ScramServer> scram_;
  Lazy<Cancelled> cancelled_;
};

}  // namespace tidemark::session
