#include <utility>

#include "wire/crypto.h"
#include "wire/scram.h"
#include "wire/scram_attributes.h"
#include "wire/scram_keys.h"

namespace tidemark::wire {
namespace {

// No channel binding, no authorization identity; its base64 form is what c= repeats.
constexpr std::string_view k_gs2_header = "n,,";

}  // namespace

ScramClient::ScramClient(std::string_view password, std::string_view nonce)
    : password_(password), nonce_(to_base64(nonce)) {}

std::string ScramClient::first() const { return std::string(k_gs2_header) + "n=,r=" + nonce_; }

Result<std::string> ScramClient::step(std::string_view message) {
  const State before = std::exchange(state_, State::k_broken);
  if (before == State::k_challenge) return answer(message);
  if (before == State::k_verify) return verify(message);
  return fail("unexpected SASL message from the server");
}

Result<std::string> ScramClient::answer(std::string_view message) {
  ScramAttributes attributes(message);
  const std::string_view nonce = attributes.next('r');
  const auto salt = from_base64(attributes.next('s'));
  const auto iterations = parse_scram_iterations(attributes.next('i'));
  attributes.skip_rest();
  if (!salt || salt->empty()) attributes.refuse("invalid salt");
  if (!iterations) attributes.refuse("invalid iteration count");
  if (const Result<void> read = attributes.finish(); !read) return std::unexpected(read.error());
  if (!is_scram_nonce(nonce) || !nonce.starts_with(nonce_) || nonce.size() == nonce_.size()) {
    return fail("invalid SCRAM response (nonce mismatch)");
  }

  const Result<ScramKeys> keys = derive_scram_keys(password_, *salt, *iterations);
  if (!keys) return std::unexpected(keys.error());
  const std::string without_proof = "c=" + to_base64(k_gs2_header) + ",r=" + std::string(nonce);
  const std::string auth_message =
      first().substr(k_gs2_header.size()) + "," + std::string(message) + "," + without_proof;
  const std::string signature = hmac_sha256(sha256(keys->client_key), auth_message);
  server_signature_ = hmac_sha256(keys->server_key, auth_message);
  state_ = State::k_verify;
  return without_proof + ",p=" + to_base64(exclusive_or(keys->client_key, signature));
}

Result<std::string> ScramClient::verify(std::string_view message) {
  ScramAttributes attributes(message);
  if (message.starts_with('e')) {
    const std::string reason(attributes.next('e'));
    return fail("error received from server in SCRAM exchange: " + reason);
  }
  const auto signature = from_base64(attributes.next('v'));
  attributes.skip_rest();
  if (const Result<void> read = attributes.finish(); !read) return std::unexpected(read.error());
  if (!signature || !equal_in_constant_time(*signature, server_signature_)) {
    return fail("incorrect server signature");
  }
  state_ = State::k_done;
  return std::string();
}

}  // namespace tidemark::wire
