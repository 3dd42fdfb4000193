// One stream socket, TCP or unix, and what its owner is told about it.
//
// The reactor reads and hands bytes over; the owner appends bytes to out() and they are sent with
// the end of the turn, one send for all of them. An idle connection holds no storage. What is the
// same for every backend is here; the system calls are behind net/stream.h. Thread rule: everything
// here runs on the reactor's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "base/result.h"
#include "net/address.h"
#include "net/descriptor.h"
#include "net/stream.h"
#include "net/timers.h"

namespace tidemark::net {

class Reactor;

// What a connection's owner implements. In any callback the owner may close any connection, this
// one included, and may destroy the handler once its connection is closed.
class Handler {
 public:
  virtual ~Handler() = default;

  // An outgoing connection is established. Not called for adopted ones.
  virtual void on_connected() {}

  // All bytes received and not consumed yet. Returns how many of them are consumed; the rest is
  // kept and offered again with what follows, or after resume_reading(). Whoever keeps declining
  // bytes without pausing lets them pile up, so an owner that waits for more than it is willing to
  // hold must pause or close. What a paused connection holds is at most what was declined, plus
  // what one turn received: of a stream of many bytes no more than k_receive_bytes, but for its
  // beginning.
  virtual std::size_t on_bytes(std::string_view bytes) = 0;

  // Everything appended to out() went to the kernel, after unsent() had exceeded k_high_water.
  virtual void on_drained() {}

  // The peer closed, the connection broke, or the attempt to connect failed. Called exactly once,
  // unless the owner closed the connection itself; the Connection is gone when it returns.
  //
  // The end of the peer's stream is told when nothing is left to consume: what came before it is
  // offered first, and a paused connection waits with it until resumed. With nothing pending even a
  // paused connection tells it at once, as it does a reset, or a peer that can no longer receive
  // (both directions shut): then what was not consumed is lost.
  virtual void on_closed(const Error& why) = 0;
};

// Owned by its reactor. The pointer that adopt() or connect() returned is valid until close(),
// close_after_flush() or on_closed(), whichever comes first.
class Connection final : private StreamOwner {
 public:
  // The most that one receive hands over.
  static constexpr std::size_t k_receive_bytes = 64 * 1024;
  // Above this many unsent bytes a producer should pause; on_drained() tells when to go on.
  static constexpr std::size_t k_high_water = 64 * 1024;
  // How long close_after_flush() bears with a peer that takes no more bytes, or does not leave.
  static constexpr Duration k_linger = std::chrono::seconds(5);

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // What is to be sent. Append, then flush_later(). Before on_connected() it waits for that.
  Buffer& out() { return out_; }
  // Sends out(), if there is anything in it, at the end of this turn.
  void flush_later() {
    if (!dirty_ && out_.has_storage()) look_at_turn_end();
  }
  // Bytes that were appended and that the kernel has not taken.
  std::size_t unsent() const {
    return out_.size() + (stream_ == nullptr ? 0 : stream_->in_flight());
  }

  // While paused nothing is read, so that the kernel pushes back on the peer; on_bytes() is not
  // called. Takes effect at once, also for the bytes that the current on_bytes() leaves.
  void pause_reading();
  // Reads again and, later in this turn or in the next, offers what was not consumed, even if no
  // new byte has come.
  void resume_reading();
  bool reading() const { return !paused_; }

  // Closes at once. Unsent bytes are dropped, the handler is not called any more.
  void close();
  // Takes the connection off the owner's hands: what is in out() is sent, then the peer is told the
  // end and given k_linger to leave. The handler is not called any more. What is not connected yet
  // is closed at once.
  void close_after_flush();

  // The descriptor, for getsockopt() and the like; -1 once closed.
  int fd() const { return stream_ == nullptr ? -1 : stream_->fd(); }
  // The peer for people: "127.0.0.1:49152", "unix:".
  const std::string& peer() const { return peer_; }
  bool is_unix() const { return is_unix_; }
  // A unix socket counts.
  bool is_loopback() const { return is_loopback_; }

 private:
  friend class Reactor;

  enum class State : std::uint8_t { k_connecting, k_open, k_lingering, k_closed };

  Connection(Reactor& reactor, Handler& handler);

  // Life.
  void start_adopted(int fd);
  void start_connecting(const Address& address);
  bool try_next_target();
  Result<void> attempt(const SocketAddress& target);
  void on_connect_over() override;
  void describe_peer(const SocketAddress& address);
  void fail(Error why);
  void drop();

  // Receiving.
  void on_received(std::string_view bytes) override;
  void on_receive_over(int error) override;
  void on_gone(int error) override;
  void receive_the_last();
  void offer(std::string_view fresh);
  void offer_leftover();
  void offer_later();
  void offer_again();

  // Sending.
  void look_at_turn_end();
  void flush();
  void on_sent() override;
  void on_send_failed(int error) override;
  void on_all_sent();
  void extend_linger();

  Reactor& reactor_;
  Handler* handler_;
  Stream* stream_ = nullptr;
  Buffer in_;   // received, not consumed
  Buffer out_;  // appended, not handed to the stream

  State state_ = State::k_open;
  bool paused_ = false;
  bool offering_ = false;    // inside on_bytes(), whose argument may lie in in_
  bool dirty_ = false;       // in the reactor's list to flush
  bool resumed_ = false;     // in the reactor's list to offer again
  bool above_high_ = false;  // owes an on_drained()
  bool peer_ended_ = false;  // lingering: the peer will send no more
  std::size_t index_ = 0;    // place in the reactor's table

  // Why no byte can be sent any more. Told by on_closed() once everything received was offered.
  std::unique_ptr<const Error> broken_;
  // Why no byte will be received any more; the same holds of it.
  std::unique_ptr<const Error> ended_;
  std::unique_ptr<const Address> connecting_to_;
  std::size_t next_target_ = 0;
  Timer linger_;

  std::string peer_;
  bool is_unix_ = false;
  bool is_loopback_ = false;
};

}  // namespace tidemark::net
