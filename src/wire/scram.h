// SCRAM-SHA-256 (RFC 5802, RFC 7677) in both roles, as PostgreSQL speaks it: the user name within
// SCRAM is ignored (the startup packet names the user), there is no channel binding, and what is
// not valid UTF-8 or not allowed by SASLprep is used as it is. What must be random is an argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::wire {

constexpr std::string_view k_scram_mechanism = "SCRAM-SHA-256";
constexpr std::uint32_t k_scram_default_iterations = 4096;
// A bound on the work that a server can demand of its client: about three seconds of hashing.
constexpr std::uint32_t k_scram_max_iterations = 10'000'000;
// How many random bytes to put into a nonce, before base64, and into a salt.
constexpr std::size_t k_scram_nonce_bytes = 18;
constexpr std::size_t k_scram_salt_bytes = 16;

// What a server keeps of a password: enough to check it, not enough to log in with it.
struct ScramSecret {
  std::uint32_t iterations = k_scram_default_iterations;
  std::string salt;
  std::string stored_key;  // 32 bytes
  std::string server_key;  // 32 bytes
  bool mock = false;       // of no user: no password passes

  // From pg_authid's form, SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey.
  static Result<ScramSecret> parse(std::string_view text);
  // From a password, at the price of `iterations` hashes (milliseconds): keep the result.
  static Result<ScramSecret> derive(std::string_view password, std::string_view salt,
                                    std::uint32_t iterations = k_scram_default_iterations);
  // For a user that does not exist: always the same salt for the same name, so that nobody learns
  // by asking twice. `seed` is random and stays the same while the gateway runs.
  static ScramSecret for_unknown_user(std::string_view user, std::string_view seed);

  // In pg_authid's form.
  std::string to_string() const;
};

// Whether `text` is meant as a secret in pg_authid's form rather than as a password; parse() may
// still find a mistake in it.
bool is_scram_secret(std::string_view text);

// Verifies a client. step() takes the bytes of SASLInitialResponse, then of SASLResponse, and
// returns what to send: AuthenticationSASLContinue, then, with done(), AuthenticationSASLFinal.
class ScramServer {
 public:
  // `nonce` holds k_scram_nonce_bytes or more of random bytes, fresh for every exchange.
  ScramServer(ScramSecret secret, std::string_view nonce);

  // An error ends the exchange. It is the client's fault (08P01, a message that breaks the rules)
  // unless refused(): then the password is wrong or there is no such user (28P01), and the client
  // must not be told which.
  Result<std::string> step(std::string_view message);
  bool done() const { return state_ == State::k_done; }
  bool refused() const { return state_ == State::k_refused; }

 private:
  enum class State { k_first, k_final, k_done, k_refused, k_broken };

  Result<std::string> answer_first(std::string_view message);
  Result<std::string> answer_final(std::string_view message);

  ScramSecret secret_;
  State state_ = State::k_first;
  std::string nonce_;         // ours, and after the first step the client's and ours
  std::string gs2_header_;    // what c= must repeat
  std::string auth_message_;  // client-first-bare "," server-first ","
};

// Logs in to a server with a password.
class ScramClient {
 public:
  ScramClient(std::string_view password, std::string_view nonce);

  // The bytes of SASLInitialResponse.
  std::string first() const;
  // Takes the bytes of AuthenticationSASLContinue and returns those of SASLResponse; then takes
  // those of AuthenticationSASLFinal and returns nothing, with done(). An error means: the server
  // breaks the rules, or does not know the password either. Never go on then.
  Result<std::string> step(std::string_view message);
  bool done() const { return state_ == State::k_done; }

 private:
  enum class State { k_challenge, k_verify, k_done, k_broken };

  Result<std::string> answer(std::string_view message);
  Result<std::string> verify(std::string_view message);

  std::string password_;
  std::string nonce_;
  State state_ = State::k_challenge;
  std::string server_signature_;  // what the server has to prove
};

}  // namespace tidemark::wire
