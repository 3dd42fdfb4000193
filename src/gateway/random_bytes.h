// Unpredictable bytes for nonces and cancel keys, from the operating system.
#pragma once

#include <cstddef>
#include <random>
#include <string>

namespace tidemark::gateway {

inline std::string random_bytes(std::size_t count) {
  std::random_device device;
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(device());
  return bytes;
}

}  // namespace tidemark::gateway
