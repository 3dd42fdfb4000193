// A socket under epoll: when it is read, when it is not, and what its edges mean meanwhile.
#include <sys/socket.h>

#include <cerrno>

#include "net/epoll_backend.h"
#include "net/socket.h"

namespace tidemark::net {
namespace {

constexpr std::uint32_t k_gone = EPOLLHUP | EPOLLERR;
constexpr std::uint32_t k_ending = EPOLLRDHUP | k_gone;

}  // namespace

void EpollStream::on_events(std::uint32_t events) {
  if (owner_ == nullptr) return;
  if (connecting_) {
    if ((events & (EPOLLOUT | k_gone)) != 0) owner_->on_connect_over();
    return;
  }
  if ((events & EPOLLOUT) != 0 && blocked_) {
    blocked_ = false;
    owner_->on_sent();
    if (owner_ == nullptr) return;
  }
  seen_ |= events & ~EPOLLOUT;
  look();
}

// An edge that came with the connection was not kept: look once without one.
void EpollStream::connected() {
  connecting_ = false;
  seen_ |= EPOLLIN;
  look_later();
}

void EpollStream::stop_receiving() {
  receiving_ = false;
  if ((seen_ & k_ending) != 0) look_later();
}

void EpollStream::go_on_receiving() {
  receiving_ = true;
  if (seen_ != 0) look_later();
}

void EpollStream::look_later() {
  if (queued_) return;
  queued_ = true;
  backend_.again_.push_back(this);
}

void EpollStream::look() {
  if (receiving_ && !over_) {
    if (seen_ != 0) receive();
    return;
  }
  if ((seen_ & k_gone) != 0 && !gone_) {
    gone_ = true;
    return owner_->on_gone(take_error(fd_.get()));
  }
  if ((seen_ & EPOLLRDHUP) == 0 || over_) return;
  char probe = 0;
  if (recv(fd_.get(), &probe, 1, MSG_PEEK) != 0) return;
  over_ = true;
  owner_->on_receive_over(0);
}

// One receive a turn, so that the others get theirs. Less than was asked for means that no more is
// there, and the next byte makes a new edge; only an end that was announced is still to be read.
void EpollStream::receive() {
  char* scratch = backend_.scratch_.get();
  const ssize_t got = recv(fd_.get(), scratch, EpollBackend::k_receive_bytes, 0);
  if (got > 0) {
    const auto size = static_cast<std::size_t>(got);
    const bool more = size == EpollBackend::k_receive_bytes || (seen_ & k_ending) != 0;
    if (more) look_later();
    if (!more) seen_ = 0;
    return owner_->on_received({scratch, size});
  }
  if (got < 0 && errno == EINTR) return look_later();
  if (got < 0 && errno == EAGAIN) {
    seen_ = 0;
    return;
  }
  over_ = true;
  owner_->on_receive_over(got == 0 ? 0 : errno);
}

// Until the kernel says that it takes no more: only then does it tell when there is room again.
void EpollStream::flush(Buffer& out, bool /*tell*/) {
  while (!blocked_ && !out.empty()) {
    const std::string_view bytes = out.view();
    const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      out.consume(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      blocked_ = true;
    } else if (errno != EINTR) {
      return owner_->on_send_failed(errno);
    }
  }
}

void EpollStream::close() {
  owner_ = nullptr;
  backend_.poller_.remove(fd_.get());
  fd_.reset();
  backend_.bury(*this);
}

}  // namespace tidemark::net
