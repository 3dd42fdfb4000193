// How a connection receives, and how it learns that its peer is gone.
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "base/check.h"
#include "net/connection.h"
#include "net/reactor.h"
#include "net/socket.h"

namespace tidemark::net {
namespace {

// What is read at once of a connection that nothing can be sent to any more.
constexpr std::size_t k_last_bytes = 16 * 1024;

Error lost(int error) {
  if (error == 0) return Error{"the peer closed the connection"};
  return Error{"the connection was lost: " + error_text(error)};
}

}  // namespace

void Connection::pause_reading() {
  if (std::exchange(paused_, true) || state_ != State::k_open) return;
  if (stream_ != nullptr) stream_->stop_receiving();
}

void Connection::resume_reading() {
  const bool was_paused = std::exchange(paused_, false);
  if (state_ != State::k_open) return;
  if (was_paused && stream_ != nullptr) stream_->go_on_receiving();
  if (!in_.empty() || offering_ || ended_) offer_later();
}

// Whatever a lingering connection's peer still says is thrown away: bytes left unread at close()
// would make the kernel send a reset, which may overtake and destroy what was just sent.
void Connection::on_received(std::string_view bytes) {
  if (state_ == State::k_lingering) return;
  if (paused_) return in_.append(bytes);
  offer(bytes);
}

// All that will ever be received is in in_, and was offered unless that is still to come this turn.
void Connection::on_receive_over(int error) {
  if (state_ == State::k_lingering) {
    if (error != 0 || unsent() == 0) return drop();
    peer_ended_ = true;
    return;
  }
  ended_ = std::make_unique<const Error>(broken_ ? *broken_ : lost(error));
  if (!in_.empty() && (paused_ ? error == 0 : resumed_)) return;
  fail(*ended_);
}

void Connection::on_gone(int error) {
  if (state_ == State::k_lingering) return drop();
  if (paused_) fail(broken_ ? *broken_ : lost(error));
}

// The peer may have said why before it left (a server's last error). The backend has told of all
// that it received by now, and takes nothing out of the socket before the next turn.
void Connection::receive_the_last() {
  char last[k_last_bytes];
  const ssize_t got = recv(stream_->fd(), last, sizeof(last), 0);
  if (got <= 0) return fail(*broken_);
  offer({last, static_cast<std::size_t>(got)});
  if (state_ == State::k_open) offer_later();
}

void Connection::offer(std::string_view fresh) {
  if (!in_.empty()) {
    in_.append(fresh);
    return offer_leftover();
  }
  offering_ = true;
  const std::size_t consumed = handler_->on_bytes(fresh);
  offering_ = false;
  if (state_ != State::k_open) return;
  CHECK(consumed <= fresh.size());
  in_.append(fresh.substr(consumed));
}

void Connection::offer_leftover() {
  offering_ = true;
  const std::size_t consumed = handler_->on_bytes(in_.view());
  offering_ = false;
  if (state_ != State::k_open) return;
  in_.consume(consumed);
}

void Connection::offer_later() {
  if (resumed_) return;
  resumed_ = true;
  reactor_.resumed_.push_back(this);
}

void Connection::offer_again() {
  resumed_ = false;
  if (state_ == State::k_connecting && broken_) return fail(*broken_);
  if (state_ != State::k_open) return;
  if (stream_ == nullptr) return fail(*broken_);
  if (!paused_ && !in_.empty()) offer_leftover();
  if (state_ != State::k_open) return;
  if (ended_ && (!paused_ || in_.empty())) return fail(*ended_);
  if (!broken_ || ended_) return;
  paused_ ? fail(*broken_) : receive_the_last();
}

}  // namespace tidemark::net
