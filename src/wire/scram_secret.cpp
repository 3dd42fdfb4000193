#include <gsasl.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>

#include "base/check.h"
#include "wire/crypto.h"
#include "wire/scram.h"
#include "wire/scram_keys.h"

namespace tidemark::wire {
namespace {

constexpr std::string_view k_prefix = "SCRAM-SHA-256$";

// Cuts what is before `separator` off the front of `text`; all of it if there is none.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return part;
}

// As PostgreSQL's pg_saslprep and its callers: ASCII is taken as it is, and so is what cannot be
// prepared.
std::string prepare(std::string_view password) {
  std::string text(password);
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::ranges::all_of(text, is_ascii)) return text;
  char* prepared = nullptr;
  constexpr auto k_no_unassigned_characters = static_cast<Gsasl_saslprep_flags>(0);
  const int status = gsasl_saslprep(text.c_str(), k_no_unassigned_characters, &prepared, nullptr);
  const std::unique_ptr<char, decltype(&std::free)> owner(prepared, &std::free);
  return status == GSASL_OK && *prepared != '\0' ? prepared : text;
}

}  // namespace

std::optional<std::uint32_t> parse_scram_iterations(std::string_view text) {
  std::uint32_t iterations = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, iterations);
  if (error != std::errc() || stop != end) return std::nullopt;
  if (iterations < 1 || iterations > k_scram_max_iterations) return std::nullopt;
  return iterations;
}

Result<ScramKeys> derive_scram_keys(std::string_view password, std::string_view salt,
                                    std::uint32_t iterations) {
  const Result<std::string> salted = pbkdf2_sha256(prepare(password), salt, iterations);
  if (!salted) return std::unexpected(salted.error());
  return ScramKeys{hmac_sha256(*salted, "Client Key"), hmac_sha256(*salted, "Server Key")};
}

std::string exclusive_or(std::string_view a, std::string_view b) {
  CHECK(a.size() == b.size());
  std::string result(a);
  std::ranges::transform(a, b, result.begin(),
                         [](char x, char y) { return static_cast<char>(x ^ y); });
  return result;
}

bool is_scram_secret(std::string_view text) { return text.starts_with(k_prefix); }

Result<ScramSecret> ScramSecret::parse(std::string_view text) {
  if (!is_scram_secret(text)) return fail("not a SCRAM-SHA-256 secret");
  text.remove_prefix(k_prefix.size());
  const auto iterations = parse_scram_iterations(cut(text, ':'));
  const auto salt = from_base64(cut(text, '$'));
  const auto stored_key = from_base64(cut(text, ':'));
  const auto server_key = from_base64(text);
  if (!iterations) return fail("invalid SCRAM-SHA-256 secret: the number of iterations");
  if (!salt || salt->empty()) return fail("invalid SCRAM-SHA-256 secret: the salt");
  if (!stored_key || stored_key->size() != k_sha256_size) {
    return fail("invalid SCRAM-SHA-256 secret: the StoredKey");
  }
  if (!server_key || server_key->size() != k_sha256_size) {
    return fail("invalid SCRAM-SHA-256 secret: the ServerKey");
  }
  return ScramSecret{*iterations, *salt, *stored_key, *server_key};
}

Result<ScramSecret> ScramSecret::derive(std::string_view password, std::string_view salt,
                                        std::uint32_t iterations) {
  CHECK(iterations >= 1 && iterations <= k_scram_max_iterations);
  Result<ScramKeys> keys = derive_scram_keys(password, salt, iterations);
  if (!keys) return std::unexpected(std::move(keys.error()));
  return ScramSecret{iterations, std::string(salt), sha256(keys->client_key), keys->server_key};
}

ScramSecret ScramSecret::for_unknown_user(std::string_view user, std::string_view seed) {
  std::string salt = hmac_sha256(seed, user).substr(0, k_scram_salt_bytes);
  ScramSecret secret{k_scram_default_iterations, std::move(salt), sha256(seed), sha256(seed)};
  secret.mock = true;
  return secret;
}

std::string ScramSecret::to_string() const {
  return std::string(k_prefix) + std::to_string(iterations) + ":" + to_base64(salt) + "$" +
         to_base64(stored_key) + ":" + to_base64(server_key);
}

}  // namespace tidemark::wire
