// One connected socket in the hands of a backend: bytes that were received come in, bytes that are
// to be sent go out, the end is told. Both backends tell the same story in the same order; only the
// system calls differ.
//
// Thread rule: confined to the reactor's thread.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "base/buffer.h"
#include "net/descriptor.h"

namespace tidemark::net {

// What a stream tells its owner, always from within a turn of the loop. An errno of 0 stands for an
// orderly end.
class StreamOwner {
 public:
  // The attempt to connect is over; whether it succeeded is asked of the socket.
  virtual void on_connect_over() = 0;
  // Valid during the call. After stop_receiving() there may be more: what the turn had received.
  virtual void on_received(std::string_view bytes) = 0;
  // Nothing more will be received. Told once.
  virtual void on_receive_over(int error) = 0;
  // The peer can neither send nor receive any more. Told while not receiving, otherwise
  // on_receive_over() comes, after the last bytes.
  virtual void on_gone(int error) = 0;
  // The kernel took some of what flush() handed to it, and unsent() says what is left.
  virtual void on_sent() = 0;
  // Nothing can be sent any more.
  virtual void on_send_failed(int error) = 0;

 protected:
  ~StreamOwner() = default;
};

// Made by Backend::open(); gone with close().
class Stream {
 public:
  Stream(Descriptor fd, StreamOwner& owner) : fd_(std::move(fd)), owner_(&owner) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;

  int fd() const { return fd_.get(); }

  // After on_connect_over(): the socket is connected, begin to receive.
  virtual void connected() = 0;
  // Ask nothing of the kernel in the usual case: what pauses is about to be answered, and its peer
  // sends nothing meanwhile.
  virtual void stop_receiving() = 0;
  virtual void go_on_receiving() = 0;

  // Takes from `out` what it can. If not all of it goes to the kernel at once, on_sent() says when
  // to call again. A failure may be told from within. `tell`: the owner waits for the last byte to
  // go, so on_sent() must not be put off until something else happens.
  virtual void flush(Buffer& out, bool tell) = 0;
  // Bytes that left `out` and that the kernel has not taken yet.
  std::size_t in_flight() const { return in_flight_; }

  // Closes the socket; the owner is told nothing any more. The stream is gone afterwards.
  virtual void close() = 0;

 protected:
  Descriptor fd_;
  StreamOwner* owner_;  // null once closed
  std::size_t in_flight_ = 0;
};

}  // namespace tidemark::net
