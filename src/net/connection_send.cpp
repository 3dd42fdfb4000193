// How a connection sends: once a turn, and otherwise only when the kernel has room again.
#include <sys/socket.h>

#include <cerrno>

#include "net/clock.h"
#include "net/connection.h"
#include "net/reactor.h"
#include "net/socket.h"

namespace tidemark::net {
namespace {

// Room for a turn's usual answers, so that the buffer does not grow step by step.
constexpr std::size_t k_first_reserve = 512;

}  // namespace

Buffer& Connection::out() {
  if (out_.empty()) out_.tail().reserve(k_first_reserve);
  return out_;
}

void Connection::flush_later() {
  if (dirty_ || state_ == State::k_closed) return;
  dirty_ = true;
  reactor_.dirty_.push_back(this);
}

void Connection::flush() {
  dirty_ = false;
  if (state_ == State::k_closed || state_ == State::k_connecting) return;
  if (broken_) {
    out_.clear();
    return out_.shrink();
  }
  if (out_.size() > k_high_water) above_high_ = true;
  if (blocked_) return;
  if (out_.empty()) return on_all_sent();

  const std::string_view bytes = out_.view();
  const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return on_send_error(errno);
  if (sent > 0) {
    out_.consume(static_cast<std::size_t>(sent));
    extend_linger();
  }
  if (out_.empty()) return on_all_sent();
  blocked_ = true;
  want(wanted_ | EPOLLOUT);
  out_.append({});  // lets it forget what was sent, for those who append through tail()
}

void Connection::on_all_sent() {
  out_.shrink();
  want(wanted_ & ~EPOLLOUT);
  if (state_ == State::k_lingering) {
    shutdown(fd_.get(), SHUT_WR);
    if (peer_ended_) drop();
  } else if (above_high_) {
    above_high_ = false;
    handler_->on_drained();
  }
}

// The peer takes no more bytes, but may have said why before it left (a server's last error): what
// it sent is offered first.
void Connection::on_send_error(int error) {
  if (state_ == State::k_lingering) return drop();
  out_.clear();
  out_.shrink();
  above_high_ = false;
  want(wanted_ & ~EPOLLOUT);
  broken_ = Error{"the connection was lost: " + error_text(error)};
  offer_later();
}

void Connection::extend_linger() {
  if (state_ != State::k_lingering) return;
  reactor_.cancel(linger_);
  linger_ = reactor_.add_timer(now() + k_linger, [this] { drop(); });
}

}  // namespace tidemark::net
