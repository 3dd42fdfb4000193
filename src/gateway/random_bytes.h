// Unpredictable bytes for nonces and cancel keys, from the operating system. Thread rule: any.
#pragma once

#include <sys/random.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <system_error>

namespace tidemark::gateway {

// The kernel is asked itself: std::random_device looks at what the processor can do each time,
// which under a hypervisor costs more than the rest of a login. Throws std::system_error if there
// is no such call. REQUIRES: count <= 256, which the kernel gives whole.
inline std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  while (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return bytes;
}

}  // namespace tidemark::gateway
