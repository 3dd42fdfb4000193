// How a connection receives, and how it learns that its peer is gone.
//
// pause_reading() asks nothing of the kernel: only when bytes come while paused is the poller told
// to be silent about them. A client that waits for its answer sends nothing meanwhile, so the usual
// pause costs no system call.
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "base/check.h"
#include "net/connection.h"
#include "net/reactor.h"
#include "net/socket.h"

namespace tidemark::net {
namespace {

constexpr std::uint32_t k_receiving = EPOLLIN | EPOLLRDHUP;
constexpr std::uint32_t k_gone = EPOLLHUP | EPOLLERR;

Error closed_by_peer() { return Error{"the peer closed the connection"}; }

Error lost(int error) { return Error{"the connection was lost: " + error_text(error)}; }

}  // namespace

void Connection::pause_reading() { paused_ = true; }

void Connection::resume_reading() {
  paused_ = false;
  if (state_ != State::k_open) return;
  want(wanted_ | k_receiving);
  if (!in_.empty() || offering_) offer_later();
}

void Connection::on_events(std::uint32_t events) {
  if (state_ == State::k_closed) return;
  if (state_ == State::k_connecting) return on_connect_result();
  if ((events & EPOLLOUT) != 0) {
    blocked_ = false;
    flush_later();
  }
  if ((events & ~EPOLLOUT) == 0) return;
  if (state_ == State::k_lingering) return on_lingering_events(events);
  if (paused_) return on_paused_events(events);
  on_readable();
}

// One receive a turn: what is left in the kernel is reported again, and the others get their turn.
void Connection::on_readable() {
  char* scratch = reactor_.scratch_.get();
  const ssize_t got = recv(fd_.get(), scratch, k_receive_bytes, 0);
  if (got > 0) {
    offer({scratch, static_cast<std::size_t>(got)});
    if (state_ == State::k_open && broken_) offer_later();
    return;
  }
  if (got == 0) return on_end(broken_.value_or(closed_by_peer()));
  if (errno != EAGAIN && errno != EINTR) return on_end(broken_.value_or(lost(errno)));
  if (broken_) on_end(*broken_);
}

// All that will ever be received is in in_, and was offered unless that is still to come this turn.
void Connection::on_end(Error why) {
  if (resumed_ && !in_.empty()) {
    offer_leftover();
    // Whoever pauses now hears of the end again when resuming: the kernel keeps reporting it.
    if (state_ != State::k_open || paused_) return;
  }
  fail(std::move(why));
}

void Connection::on_paused_events(std::uint32_t events) {
  if ((events & k_gone) != 0) {
    const int error = take_error(fd_.get());
    return fail(error == 0 ? closed_by_peer() : lost(error));
  }
  if ((events & EPOLLRDHUP) == 0) return want(wanted_ & ~EPOLLIN);
  char probe = 0;
  const bool nothing_left = in_.empty() && recv(fd_.get(), &probe, 1, MSG_PEEK) == 0;
  if (nothing_left) return fail(closed_by_peer());
  want(wanted_ & ~k_receiving);
}

// Whatever the peer still says is thrown away: bytes left unread at close() would make the kernel
// send a reset, which may overtake and destroy what was just sent.
void Connection::on_lingering_events(std::uint32_t events) {
  if ((events & k_gone) != 0) return drop();
  const ssize_t got = recv(fd_.get(), reactor_.scratch_.get(), k_receive_bytes, 0);
  if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) return;
  if (got < 0 || out_.empty()) return drop();
  peer_ended_ = true;
  want(wanted_ & ~k_receiving);
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
  in_.shrink();
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
  if (!paused_ && !in_.empty()) offer_leftover();
  if (state_ != State::k_open || !broken_) return;
  paused_ ? fail(*broken_) : on_readable();
}

}  // namespace tidemark::net
