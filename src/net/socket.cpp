#include "net/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cctype>
#include <cerrno>
#include <system_error>

namespace tidemark::net {
namespace {

constexpr int k_keepalive_idle_seconds = 60;
constexpr int k_keepalive_interval_seconds = 10;
constexpr int k_keepalive_probes = 6;

// None of the options is needed for correctness, so a kernel that lacks one is no failure.
void set_option(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof(value));
}

}  // namespace

std::string error_text(int error) {
  std::string text = std::generic_category().message(error);
  if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1]))) {
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  }
  return text;
}

Result<Descriptor> open_socket(int family) {
  Descriptor fd(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail("could not open a socket: " + error_text(errno));
  if (family != AF_UNIX) {
    set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd.get(), SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd.get(), IPPROTO_TCP, TCP_KEEPIDLE, k_keepalive_idle_seconds);
    set_option(fd.get(), IPPROTO_TCP, TCP_KEEPINTVL, k_keepalive_interval_seconds);
    set_option(fd.get(), IPPROTO_TCP, TCP_KEEPCNT, k_keepalive_probes);
  }
  return fd;
}

SocketAddress peer_of(int fd) {
  SocketAddress address;
  address.length = sizeof(address.storage);
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.length) != 0) {
    return SocketAddress();
  }
  return address;
}

SocketAddress local_of(int fd) {
  SocketAddress address;
  address.length = sizeof(address.storage);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.length) != 0) {
    return SocketAddress();
  }
  return address;
}

int take_error(int fd) {
  int error = 0;
  socklen_t length = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

}  // namespace tidemark::net
