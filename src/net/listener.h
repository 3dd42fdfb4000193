// A listening address: one socket for each thing the address stands for ("localhost" is two).
// "[::]" is IPv6 alone; "0.0.0.0" is all of IPv4.
// Thread rule: confined to the reactor's thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "net/address.h"
#include "net/descriptor.h"
#include "net/timers.h"

namespace tidemark::net {

class Reactor;

// Takes over the descriptor of a new connection (nonblocking, close-on-exec; on TCP without delay
// and with keepalive): gives it to Reactor::adopt() of any worker's reactor, or closes it.
using OnAccept = std::function<void(int fd, const SocketAddress& peer)>;
// Accepting pauses for Listener::k_pause, because descriptors or memory ran out.
using OnAcceptTrouble = std::function<void(const Error& why)>;

// Owned by its reactor.
class Listener final {
 public:
  static constexpr int k_backlog = 4096;
  // How long accepting rests when the process has no descriptor left: the connections wait in the
  // backlog meanwhile, and the worker does not spin.
  static constexpr Duration k_pause = std::chrono::milliseconds(100);
  // The most connections taken in one turn, so that a storm of them does not starve the others.
  static constexpr int k_accepts_per_turn = 64;

  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  // Stops listening; a unix socket's file is removed. The Listener is gone afterwards. The kernel
  // resets connections that wait in the backlog.
  void close();

  // Where it really listens, with the port that the kernel chose for port 0.
  const SocketAddress& bound() const;

 private:
  friend class Reactor;
  class Socket;

  Listener(Reactor& reactor, OnAccept on_accept, OnAcceptTrouble on_trouble);
  Result<void> open(const Address& address, int backlog);

  Reactor& reactor_;
  OnAccept on_accept_;
  OnAcceptTrouble on_trouble_;
  std::vector<std::unique_ptr<Socket>> sockets_;
};

}  // namespace tidemark::net
