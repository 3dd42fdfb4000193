// Socket addresses as text.
#pragma once

#include <sys/socket.h>

#include <string>

namespace tidemark::bench {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// "host:port" or "[ipv6]:port"; names are resolved. Throws std::runtime_error that says what is
// wrong.
Address parse_address(const std::string& text);

std::string name_of(const Address& address);

// Throws std::runtime_error with `what`, and with errno's text if it is set.
[[noreturn]] void fail(const std::string& what);

}  // namespace tidemark::bench
