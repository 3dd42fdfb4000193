#include "wire/md5.h"

#include <openssl/evp.h>

#include <array>

namespace tidemark::wire {
namespace {

Result<std::string> md5_hex(std::string_view data) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::array<unsigned char, 16> digest{};
  if (EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_md5(), nullptr) != 1) {
    return fail("could not compute MD5: OpenSSL does not allow it here");
  }
  std::string hex;
  for (const unsigned char byte : digest) {
    hex.push_back(k_digits[byte >> 4]);
    hex.push_back(k_digits[byte & 0xf]);
  }
  return hex;
}

}  // namespace

Result<std::string> md5_password(std::string_view user, std::string_view password,
                                 std::string_view salt) {
  const Result<std::string> stored = md5_hex(std::string(password).append(user));
  if (!stored) return stored;
  const Result<std::string> salted = md5_hex(std::string(*stored).append(salt));
  if (!salted) return salted;
  return "md5" + *salted;
}

}  // namespace tidemark::wire
