#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

#include "base/check.h"

namespace tidemark::net {
namespace {

constexpr std::string_view k_unix_prefix = "unix:";

std::unexpected<Error> bad(std::string_view text, std::string_view why) {
  return fail("address \"" + std::string(text) + "\": " + std::string(why));
}

std::string with_port(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<std::uint16_t> parse_port(std::string_view digits, std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return bad(text, "the port must be a number from 0 to 65535");
  }
  return port;
}

template <class T>
SocketAddress wrap(const T& address) {
  static_assert(sizeof(T) <= sizeof(sockaddr_storage));
  SocketAddress result;
  std::memcpy(&result.storage, &address, sizeof(T));
  result.length = sizeof(T);
  return result;
}

template <class T>
T unwrap(const SocketAddress& address) {
  T result;
  std::memcpy(&result, &address.storage, sizeof(T));
  return result;
}

std::optional<SocketAddress> numeric(const std::string& host, std::uint16_t port) {
  sockaddr_in v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return wrap(v4);
  }
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return wrap(v6);
  }
  return std::nullopt;
}

SocketAddress unix_target(const std::string& path) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  path.copy(un.sun_path, sizeof(un.sun_path) - 1);
  return wrap(un);
}

std::shared_ptr<const std::vector<SocketAddress>> only(SocketAddress target) {
  return std::make_shared<const std::vector<SocketAddress>>(1, target);
}

}  // namespace

bool SocketAddress::is_loopback() const {
  if (family() == AF_UNIX) return true;
  if (family() == AF_INET) {
    return ntohl(unwrap<sockaddr_in>(*this).sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  }
  if (family() != AF_INET6) return false;
  const in6_addr v6 = unwrap<sockaddr_in6>(*this).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&v6) ||
         (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == IN_LOOPBACKNET);
}

std::string SocketAddress::to_string() const {
  char text[INET6_ADDRSTRLEN] = {};
  if (family() == AF_INET) {
    const auto v4 = unwrap<sockaddr_in>(*this);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
    return with_port(text, ntohs(v4.sin_port));
  }
  if (family() == AF_INET6) {
    const auto v6 = unwrap<sockaddr_in6>(*this);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
    return with_port(text, ntohs(v6.sin6_port));
  }
  if (family() != AF_UNIX) return "unknown";
  // A client's unnamed socket has no path at all, not even an empty one.
  const auto un = unwrap<sockaddr_un>(*this);
  if (length <= offsetof(sockaddr_un, sun_path)) return std::string(k_unix_prefix);
  return std::string(k_unix_prefix) +
         std::string(un.sun_path, strnlen(un.sun_path, sizeof(un.sun_path)));
}

Result<Address> Address::parse(std::string_view text) {
  if (text.starts_with(k_unix_prefix)) return parse_path(text.substr(k_unix_prefix.size()), text);
  if (!text.starts_with('/')) return parse_host(text);

  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return bad(text,
               "a folder needs a port, as in \"/run/postgresql:5432\"; "
               "a socket's own path is written \"unix:/path\"");
  }
  const auto port = parse_port(text.substr(colon + 1), text);
  if (!port) return std::unexpected(port.error());
  std::string path(text.substr(0, colon));
  if (!path.ends_with('/')) path += '/';
  return parse_path(path + ".s.PGSQL." + std::to_string(*port), text);
}

Result<Address> Address::parse_path(std::string_view path, std::string_view text) {
  if (!path.starts_with('/')) return bad(text, "a unix socket's path must begin with \"/\"");
  if (path.find('\0') != std::string_view::npos) return bad(text, "the path contains a zero byte");
  constexpr std::size_t k_longest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() > k_longest) {
    return bad(text, "a unix socket's path has at most " + std::to_string(k_longest) + " bytes");
  }
  Address address;
  address.path_ = path;
  address.targets_ = only(unix_target(address.path_));
  return address;
}

Result<Address> Address::parse_host(std::string_view text) {
  const auto colon = text.rfind(':');
  const bool bracketed = text.starts_with('[');
  const bool after_bracket =
      colon != 0 && colon != std::string_view::npos && text[colon - 1] == ']';
  if (colon == std::string_view::npos || (bracketed && !after_bracket)) {
    return bad(text, "the port is missing, as in \"127.0.0.1:5432\"");
  }
  std::string_view host = text.substr(0, colon);
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad(text, "an IPv6 address goes in brackets, as in \"[::1]:5432\"");
  }
  if (host.empty()) return bad(text, "the host is missing, as in \"127.0.0.1:5432\"");
  if (host.find_first_of("[]/ \t\n\"") != std::string_view::npos || host.contains('\0')) {
    return bad(text, "the host contains a character that no host name has");
  }

  const auto port = parse_port(text.substr(colon + 1), text);
  if (!port) return std::unexpected(port.error());
  Address address;
  address.host_ = host;
  address.port_ = *port;
  if (const auto target = numeric(address.host_, *port)) address.targets_ = only(*target);
  return address;
}

Result<Address> Address::resolve() const {
  if (resolved()) return *this;

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host_.c_str(), std::to_string(port_).c_str(), &hints, &found);
  if (error != 0) {
    return fail("could not resolve \"" + to_string() + "\": " + gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);

  std::vector<SocketAddress> targets;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (each->ai_family != AF_INET && each->ai_family != AF_INET6) continue;
    SocketAddress target;
    std::memcpy(&target.storage, each->ai_addr, each->ai_addrlen);
    target.length = each->ai_addrlen;
    targets.push_back(target);
  }
  if (targets.empty()) return fail("could not resolve \"" + to_string() + "\": it has no address");
  Address address = *this;
  address.targets_ = std::make_shared<const std::vector<SocketAddress>>(std::move(targets));
  return address;
}

bool Address::is_loopback() const {
  if (is_unix() || host_ == "localhost") return true;
  const auto target = numeric(host_, port_);
  return target && target->is_loopback();
}

std::string Address::to_string() const {
  return is_unix() ? std::string(k_unix_prefix) + path_ : with_port(host_, port_);
}

const std::vector<SocketAddress>& Address::targets() const& {
  CHECK(resolved());
  return *targets_;
}

}  // namespace tidemark::net
