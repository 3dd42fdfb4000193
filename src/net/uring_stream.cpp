#include "net/uring_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "net/socket.h"
#include "net/uring_backend.h"

namespace tidemark::net {

void UringStream::connected() {
  connecting_ = false;
  arm_later();
}

void UringStream::stop_receiving() {
  receiving_ = false;
  if (gone_ || over_) arm_later();
}

void UringStream::go_on_receiving() {
  receiving_ = true;
  held_ = false;
  arm_later();
}

void UringStream::arm_later() {
  if (queued_) return;
  queued_ = true;
  backend_.to_arm_.push_back(this);
}

// What waits for its owner to go on keeps receiving until something comes: that is how it learns of
// the peer's end, and it costs nothing when nothing comes.
void UringStream::arm() {
  if (owner_ == nullptr) return bury_if_done();
  if (connecting_) {
    if (!is_in_flight(UringOp::k_writable)) poll(UringOp::k_writable, POLLOUT);
    return;
  }
  if (!gone_ && !is_in_flight(UringOp::k_gone)) poll(UringOp::k_gone, POLLRDHUP);
  if (!over_ && (receiving_ || !held_)) {
    if (!is_in_flight(UringOp::k_receive)) receive();
  } else if (gone_) {
    owner_->on_gone(take_error(fd_.get()));
  }
}

// A receive that goes on by itself is armed once for many small messages. A stream of many bytes is
// taken piece by piece, so that no turn takes in more of it than its owner can push back on. And so
// is what is left once the peer has ended: kernels up to 6.18 at least let a receive that goes on
// wait for ever where the end came right behind the last bytes.
void UringStream::receive() {
  io_uring_sqe& entry = backend_.ring_.entry();
  io_uring_prep_recv(&entry, fd_.get(), nullptr, 0, 0);
  entry.flags |= IOSQE_BUFFER_SELECT;
  entry.buf_group = Uring::k_buffer_group;
  if (!more_ && !ending_) {
    entry.ioprio |= IORING_RECVSEND_POLL_FIRST | IORING_RECV_MULTISHOT;
  }
  entry.user_data = uring_name(this, UringOp::k_receive);
  ops_ |= bit(UringOp::k_receive);
  stopping_ = false;
}

void UringStream::stop_receive() {
  if (!std::exchange(stopping_, true)) cancel(UringOp::k_receive);
}

// The one for k_gone goes on, and tells of every change once: of POLLRDHUP, which is not the end
// yet, and, as any poll does, of POLLHUP and POLLERR.
void UringStream::poll(UringOp op, unsigned events) {
  io_uring_sqe& entry = backend_.ring_.entry();
  io_uring_prep_poll_add(&entry, fd_.get(), events);
  if (op == UringOp::k_gone) entry.len |= IORING_POLL_ADD_MULTI;
  entry.user_data = uring_name(this, op);
  ops_ |= bit(op);
}

void UringStream::cancel(UringOp op) {
  if (!is_in_flight(op)) return;
  io_uring_sqe& entry = backend_.ring_.entry();
  io_uring_prep_cancel64(&entry, uring_name(this, op), 0);
  entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
  entry.user_data = uring_name(nullptr, UringOp::k_cancel);
}

void UringStream::on_completion(UringOp op, const Uring::Completion& completion) {
  if ((completion.flags & IORING_CQE_F_MORE) == 0) ops_ &= static_cast<std::uint8_t>(~bit(op));
  if (owner_ == nullptr) {
    if ((completion.flags & IORING_CQE_F_BUFFER) != 0) backend_.ring_.give_back(completion);
    return bury_if_done();
  }
  switch (op) {
    case UringOp::k_receive:
      return on_received(completion);
    case UringOp::k_send:
      return on_send_left_over(completion.result);
    case UringOp::k_writable:
      return connecting_ ? owner_->on_connect_over() : owner_->on_sent();
    case UringOp::k_gone:
      return on_poll_of_the_end(completion.result);
    default:
      return;
  }
}

// What is left is received without waiting for a sign of it.
void UringStream::on_poll_of_the_end(int result) {
  if (result > 0) {
    gone_ = gone_ || (result & (POLLHUP | POLLERR)) != 0;
    ending_ = true;
    stop_receive();
  }
  arm_later();
}

void UringStream::on_received(const Uring::Completion& completion) {
  more_ = (completion.flags & IORING_CQE_F_SOCK_NONEMPTY) != 0;
  const int result = completion.result;
  if (result > 0) {
    held_ = !receiving_;
    if (!is_in_flight(UringOp::k_receive) || held_) arm_later();
    if (held_ || more_) stop_receive();
    owner_->on_received(backend_.ring_.received(completion));
  } else if (result == -ENOBUFS || result == -EINTR || result == -EAGAIN || result == -ECANCELED) {
    more_ = true;
    arm_later();
  } else {
    over_ = true;
    arm_later();
    owner_->on_receive_over(-result);
  }
  if ((completion.flags & IORING_CQE_F_BUFFER) != 0) backend_.ring_.give_back(completion);
}

// While bytes are left to follow, success is told as well, so that they do follow.
void UringStream::flush(Buffer& out, bool tell) {
  if (is_in_flight(UringOp::k_send) || is_in_flight(UringOp::k_writable)) return;
  if (sending_.empty() && !out.empty()) sending_ = std::move(out);
  if (sending_.empty()) return;
  const std::string_view bytes = sending_.view();
  in_flight_ = bytes.size();
  io_uring_sqe& entry = backend_.ring_.entry();
  io_uring_prep_send(&entry, fd_.get(), bytes.data(), bytes.size(), k_send_flags);
  if (!tell && out.empty()) entry.flags |= IOSQE_CQE_SKIP_SUCCESS;
  entry.user_data = uring_name(this, UringOp::k_send);
  ops_ |= bit(UringOp::k_send);
  backend_.sending_.push_back(this);
}

// Told of success, too, if that was wanted: then nothing is left over.
void UringStream::on_send_left_over(int result) {
  if (result > 0) {
    sending_.consume(static_cast<std::size_t>(result));
    in_flight_ = sending_.size();
    return owner_->on_sent();
  }
  if (result == -EAGAIN) return poll(UringOp::k_writable, POLLOUT);
  if (result == -EINTR || result == -ECANCELED) return owner_->on_sent();
  sending_.clear();
  in_flight_ = 0;
  owner_->on_send_failed(-result);
}

// Every completion was delivered, and none of them was about the send: it went well.
void UringStream::conclude_send() {
  if (!is_in_flight(UringOp::k_send)) return;
  ops_ &= static_cast<std::uint8_t>(~bit(UringOp::k_send));
  sending_.clear();
  in_flight_ = 0;
  if (owner_ == nullptr) return bury_if_done();
  owner_->on_sent();
}

void UringStream::close() {
  owner_ = nullptr;
  cancel(UringOp::k_receive);
  cancel(UringOp::k_writable);
  cancel(UringOp::k_gone);
  if (queued_) backend_.closed_while_queued_ = true;
  bury_if_done();
}

void UringStream::bury_if_done() {
  if (ops_ == 0 && !queued_) backend_.bury(*this);
}

}  // namespace tidemark::net
