// How a reactor talks to the kernel. Two ways: epoll, which works everywhere, and io_uring, which
// needs fewer system calls (net/backend_choice.h says when it can be used).
//
// Thread rule: open() and watch() may be called before the first wait(); that one, and everything
// after it, is confined to the thread that called it.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/instant.h"
#include "base/result.h"
#include "net/descriptor.h"
#include "net/stream.h"

namespace tidemark::net {

enum class BackendKind { k_epoll, k_io_uring };

// "epoll", "io_uring".
std::string_view to_string(BackendKind kind);

class Backend {
 public:
  // Throws std::system_error if the kernel does not let us.
  static std::unique_ptr<Backend> make(BackendKind kind);

  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  // Closes every stream without a word.
  virtual ~Backend() = default;

  // Takes a nonblocking socket over; `connecting`: its connect() is under way. Null if the kernel
  // has no memory to watch it; errno says why, and the socket is closed.
  virtual Stream* open(Descriptor fd, StreamOwner& owner, bool connecting) = 0;

  // Calls on_readable in every turn in which the descriptor is readable, until unwatch(). It stays
  // the caller's. False: errno says why not. REQUIRES: not watched yet.
  virtual bool watch(int fd, std::function<void()> on_readable) = 0;
  virtual void unwatch(int fd) = 0;

  // Waits until something has happened, but no longer than timeout (negative: for ever), and tells
  // everyone concerned.
  virtual void wait(Duration timeout) = 0;
  // After everything else in a turn: frees what was closed in it.
  virtual void end_turn() = 0;
  // Nobody will wait for a while: what was flushed leaves now.
  virtual void push() = 0;
};

}  // namespace tidemark::net
