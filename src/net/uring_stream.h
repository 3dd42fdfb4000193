// A socket under io_uring: at most one operation of each kind in flight.
// Thread rule: confined to the reactor's thread.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "net/stream.h"
#include "net/uring.h"

namespace tidemark::net {

class UringBackend;

// What a completion is about: the low bits of its user_data, whose other bits are the address of
// the stream or watch.
enum class UringOp : std::uint8_t {
  k_receive,
  k_send,
  k_writable,  // a poll: connected, or room to send
  k_gone,      // a poll: the peer sends no more, or can neither send nor receive
  k_watch,
  k_cancel,  // of no interest
};
constexpr std::uint64_t k_uring_op_mask = 7;

constexpr std::uint64_t uring_name(std::nullptr_t, UringOp op) {
  return static_cast<std::uint64_t>(op);
}
inline std::uint64_t uring_name(const void* whose, UringOp op) {
  return reinterpret_cast<std::uint64_t>(whose) | uring_name(nullptr, op);
}

class UringStream final : public Stream {
 public:
  // Nonblocking, so that a send is done or has failed when it has been submitted; and whole or
  // failed, so that success needs no completion, which would end the wait that follows.
  static constexpr int k_send_flags = MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL;

  UringStream(UringBackend& backend, Descriptor fd, StreamOwner& owner, bool connecting)
      : Stream(std::move(fd), owner), backend_(backend), connecting_(connecting) {}

  void connected() override;
  void stop_receiving() override;
  void go_on_receiving() override;
  void flush(Buffer& out, bool tell) override;
  void close() override;

 private:
  friend class UringBackend;

  // An operation has come back.
  void on_completion(UringOp op, const Uring::Completion& completion);
  void on_received(const Uring::Completion& completion);
  void on_poll_of_the_end(int result);
  void on_send_left_over(int result);
  void conclude_send();
  // Starts what should be in flight and is not.
  void arm();
  void arm_later();
  void receive();
  void stop_receive();
  void poll(UringOp op, unsigned events);
  void cancel(UringOp op);
  void bury_if_done();

  bool is_in_flight(UringOp op) const { return (ops_ & bit(op)) != 0; }
  static std::uint8_t bit(UringOp op) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(op));
  }

  UringBackend& backend_;
  Buffer sending_;         // what was out(): stays where it is until the kernel has answered
  std::size_t index_ = 0;  // place in the backend's table
  std::uint8_t ops_ = 0;   // in flight
  bool connecting_;
  bool receiving_ = true;
  bool held_ = false;      // bytes came while not receiving: the next ones wait in the kernel
  bool stopping_ = false;  // the receive in flight was cancelled
  bool more_ = false;      // the last receive left some in the kernel
  bool ending_ = false;    // the peer sends no more, or is gone
  bool over_ = false;      // on_receive_over() was told
  bool gone_ = false;      // the peer can neither send nor receive
  bool queued_ = false;    // in the backend's list
};

}  // namespace tidemark::net
