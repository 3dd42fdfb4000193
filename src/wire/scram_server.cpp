#include <utility>

#include "wire/crypto.h"
#include "wire/scram.h"
#include "wire/scram_attributes.h"
#include "wire/scram_keys.h"

namespace tidemark::wire {
namespace {

// The front of the first message, "n,,": what the client thinks of channel binding, and an
// authorization identity. As no mechanism with channel binding is offered, a client that could
// ("y") is right to think that this side cannot.
Result<std::string_view> read_gs2_header(std::string_view message) {
  if (message.starts_with('p')) {
    return fail(
        "the client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes "
        "channel binding data");
  }
  if (!message.starts_with("n,") && !message.starts_with("y,")) {
    return fail("malformed SCRAM message (unexpected channel-binding flag)");
  }
  if (message.substr(2).starts_with('a')) {
    return fail("client uses authorization identity, but it is not supported");
  }
  if (!message.substr(2).starts_with(',')) {
    return fail("malformed SCRAM message (comma expected)");
  }
  return message.substr(0, 3);
}

}  // namespace

ScramServer::ScramServer(ScramSecret secret, std::string_view nonce)
    : secret_(std::move(secret)), nonce_(to_base64(nonce)) {}

Result<std::string> ScramServer::step(std::string_view message) {
  const State before = std::exchange(state_, State::k_broken);
  if (before == State::k_first) return answer_first(message);
  if (before == State::k_final) return answer_final(message);
  return fail("unexpected SASL response");
}

Result<std::string> ScramServer::answer_first(std::string_view message) {
  const Result<std::string_view> gs2_header = read_gs2_header(message);
  if (!gs2_header) return std::unexpected(gs2_header.error());
  const std::string_view bare = message.substr(gs2_header->size());
  if (bare.starts_with('m')) return fail("client requires an unsupported SCRAM extension");
  ScramAttributes attributes(bare);
  attributes.next('n');  // PostgreSQL's clients leave it empty: the startup packet names the user
  const std::string_view client_nonce = attributes.next('r');
  attributes.skip_rest();
  if (const Result<void> read = attributes.finish(); !read) return std::unexpected(read.error());
  if (!is_scram_nonce(client_nonce)) return fail("non-printable characters in SCRAM nonce");

  gs2_header_ = *gs2_header;
  nonce_.insert(0, client_nonce);
  const std::string challenge =
      "r=" + nonce_ + ",s=" + to_base64(secret_.salt) + ",i=" + std::to_string(secret_.iterations);
  auth_message_ = std::string(bare) + "," + challenge + ",";
  state_ = State::k_final;
  return challenge;
}

Result<std::string> ScramServer::answer_final(std::string_view message) {
  ScramAttributes attributes(message);
  const std::string_view channel_binding = attributes.next('c');
  const std::string_view nonce = attributes.next('r');
  attributes.skip_to('p');
  const std::string_view encoded_proof = attributes.next('p');
  const auto proof = from_base64(encoded_proof);
  if (!proof || proof->size() != k_sha256_size) attributes.refuse("malformed proof");
  if (const Result<void> read = attributes.finish(); !read) return std::unexpected(read.error());
  if (channel_binding != to_base64(gs2_header_)) {
    return fail("unexpected SCRAM channel-binding attribute in client-final-message");
  }
  if (nonce != nonce_) return fail("invalid SCRAM response (nonce does not match)");

  auth_message_ += message.substr(0, message.size() - encoded_proof.size() - 3);  // ",p="
  const std::string client_signature = hmac_sha256(secret_.stored_key, auth_message_);
  const std::string client_key = exclusive_or(*proof, client_signature);
  const bool matches = equal_in_constant_time(sha256(client_key), secret_.stored_key);
  if (!matches || secret_.mock) {
    state_ = State::k_refused;
    return fail("password authentication failed");
  }
  state_ = State::k_done;
  return "v=" + to_base64(hmac_sha256(secret_.server_key, auth_message_));
}

}  // namespace tidemark::wire
