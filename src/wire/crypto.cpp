#include "wire/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "base/check.h"

namespace tidemark::wire {
namespace {

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* data_of(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

bool is_base64_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

}  // namespace

std::string sha256(std::string_view data) {
  std::string digest(k_sha256_size, '\0');
  CHECK(EVP_Digest(data.data(), data.size(), data_of(digest), nullptr, EVP_sha256(), nullptr) == 1);
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  std::string digest(k_sha256_size, '\0');
  CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data_of(data), data.size(),
             data_of(digest), nullptr) != nullptr);
  return digest;
}

Result<std::string> pbkdf2_sha256(std::string_view password, std::string_view salt,
                                  std::uint32_t iterations) {
  std::string key(k_sha256_size, '\0');
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), data_of(salt),
                        static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                        static_cast<int>(key.size()), data_of(key)) != 1) {
    return fail("could not derive a key from the password: OpenSSL refused PBKDF2");
  }
  return key;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_base64(std::string_view data) {
  std::string text((data.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL adds a zero byte
  const int size = EVP_EncodeBlock(data_of(text), data_of(data), static_cast<int>(data.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::string_view digits = text.substr(0, text.size() - padding);
  if (!std::ranges::all_of(digits, is_base64_digit)) return std::nullopt;
  std::string data(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(data_of(data), data_of(text), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  data.resize(static_cast<std::size_t>(size) - padding);
  return data;
}

}  // namespace tidemark::wire
