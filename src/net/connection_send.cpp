// How a connection sends: once a turn, and otherwise only when the kernel has room again.
#include <sys/socket.h>

#include <cerrno>

#include "net/clock.h"
#include "net/connection.h"
#include "net/reactor.h"
#include "net/socket.h"

namespace tidemark::net {

void Connection::look_at_turn_end() {
  if (dirty_ || state_ == State::k_closed) return;
  dirty_ = true;
  reactor_.dirty_.push_back(this);
}

void Connection::flush() {
  dirty_ = false;
  if (state_ == State::k_closed || state_ == State::k_connecting || stream_ == nullptr) return;
  if (broken_) return out_.clear();
  const std::size_t before = unsent();
  if (before > k_high_water) above_high_ = true;
  stream_->flush(out_, above_high_ || state_ == State::k_lingering);
  if (state_ == State::k_closed || broken_) return;
  const std::size_t after = unsent();
  if (after == 0) return on_all_sent();
  if (after < before) extend_linger();
  out_.compact();
}

void Connection::on_sent() {
  extend_linger();
  if (unsent() > 0 || above_high_ || state_ == State::k_lingering) look_at_turn_end();
}

void Connection::on_all_sent() {
  out_.shrink();
  if (state_ == State::k_lingering) {
    shutdown(stream_->fd(), SHUT_WR);
    if (peer_ended_) drop();
  } else if (above_high_) {
    above_high_ = false;
    handler_->on_drained();
  }
}

// The peer takes no more bytes, but what it sent is offered first.
void Connection::on_send_failed(int error) {
  if (state_ == State::k_lingering) return drop();
  out_.clear();
  above_high_ = false;
  broken_ = std::make_unique<const Error>(Error{"the connection was lost: " + error_text(error)});
  offer_later();
}

void Connection::extend_linger() {
  if (state_ != State::k_lingering) return;
  reactor_.cancel(linger_);
  linger_ = reactor_.add_timer(now() + k_linger, [this] { drop(); });
}

}  // namespace tidemark::net
