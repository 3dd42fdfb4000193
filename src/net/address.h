// Where a server listens, as people write it, and what the kernel makes of it.
//
// Accepted: "127.0.0.1:5432", "[::1]:5432", "localhost:5432", "unix:/run/pg/.s.PGSQL.5432" (the
// socket itself) and, as libpq writes it, "/run/pg:5432" (the folder: /run/pg/.s.PGSQL.5432).
// Thread rule: a value; resolve() may block on a name server and belongs to start-up and reload.
#pragma once

#include <sys/socket.h>

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tidemark::net {

// One address of the kernel's: IPv4, IPv6 or a unix socket's path.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
  // Unix sockets, 127.0.0.0/8 (also mapped into IPv6) and ::1.
  bool is_loopback() const;
  // "127.0.0.1:5432", "[::1]:5432", "unix:/path"; "unix:" for a client's unnamed socket.
  std::string to_string() const;
};

class Address {
 public:
  // Reads the text only. Numeric addresses and paths are resolved by it, names are not yet.
  static Result<Address> parse(std::string_view text);

  // What this address stands for, every one that the resolver knows, in its order of preference.
  // Blocks while asking. Costs nothing if resolved already.
  Result<Address> resolve() const;
  bool resolved() const { return targets_ != nullptr; }

  bool is_unix() const { return !path_.empty(); }
  // True only if it can be told without asking a name server: unix, 127.0.0.0/8, ::1, "localhost".
  bool is_loopback() const;
  // The name or number without brackets; empty for unix sockets.
  const std::string& host() const { return host_; }
  // 0 for unix sockets.
  std::uint16_t port() const { return port_; }
  // The socket's path; empty for TCP.
  const std::string& path() const { return path_; }

  // The one spelling of this address, which parse() reads back: "localhost:5432", "unix:/path".
  std::string to_string() const;

  // REQUIRES: resolved(). Never empty.
  const std::vector<SocketAddress>& targets() const&;
  const std::vector<SocketAddress>& targets() const&& = delete;

  // Two addresses are equal if they are spelt alike, whatever they resolve to.
  friend bool operator==(const Address& a, const Address& b) {
    return a.to_string() == b.to_string();
  }
  friend std::strong_ordering operator<=>(const Address& a, const Address& b) {
    return a.to_string() <=> b.to_string();
  }

 private:
  static Result<Address> parse_path(std::string_view path, std::string_view text);
  static Result<Address> parse_host(std::string_view text);

  std::string host_;
  std::uint16_t port_ = 0;
  std::string path_;
  std::shared_ptr<const std::vector<SocketAddress>> targets_;  // null: not resolved
};

}  // namespace tidemark::net
