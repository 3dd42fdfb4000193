#include "address.h"

#include <netdb.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace tidemark::bench {

void fail(const std::string& what) {
  throw std::runtime_error(errno != 0 ? what + ": " + std::strerror(errno) : what);
}

Address parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  errno = 0;
  if (colon == std::string::npos) fail("\"" + text + "\" is not host:port");
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = getaddrinfo(host.c_str(), text.c_str() + colon + 1, &hints, &found)) {
    errno = 0;
    fail("\"" + text + "\": " + gai_strerror(code));
  }
  Address address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  freeaddrinfo(found);
  return address;
}

std::string name_of(const Address& address) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  getnameinfo(address.get(), address.size, host.data(), host.size(), port.data(), port.size(),
              NI_NUMERICHOST | NI_NUMERICSERV);
  const std::string text = host.data();
  return (address.storage.ss_family == AF_INET6 ? "[" + text + "]" : text) + ":" + port.data();
}

}  // namespace tidemark::bench
