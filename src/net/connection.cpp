// A connection's life: connecting, open, lingering, closed.
#include "net/connection.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "base/check.h"
#include "net/reactor.h"
#include "net/socket.h"

namespace tidemark::net {
namespace {

// With nobody listening, the kernel may pick the very port that is being connected to as the local
// one, and TCP then connects the socket to itself.
bool connected_to_itself(int fd) {
  const SocketAddress local = local_of(fd);
  return local.family() != AF_UNIX && local.to_string() == peer_of(fd).to_string();
}

std::unique_ptr<const Error> error_of(std::string message) {
  return std::make_unique<const Error>(Error{std::move(message)});
}

}  // namespace

Connection::Connection(Reactor& reactor, Handler& handler)
    : reactor_(reactor), handler_(&handler), in_(reactor.storage_), out_(reactor.storage_) {}

Connection::~Connection() = default;

void Connection::start_adopted(int fd) {
  Descriptor owned(fd);
  const int flags = fcntl(fd, F_GETFL);
  if ((flags & O_NONBLOCK) == 0) fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  describe_peer(peer_of(fd));
  stream_ = reactor_.backend_->open(std::move(owned), *this, false);
  if (stream_ == nullptr) {
    broken_ = error_of("could not watch the connection: " + error_text(errno));
    offer_later();
  }
}

void Connection::start_connecting(const Address& address) {
  state_ = State::k_connecting;
  connecting_to_ = std::make_unique<const Address>(address);
  if (!try_next_target()) offer_later();
}

// True if an attempt is under way; otherwise broken_ says why the last one failed.
bool Connection::try_next_target() {
  const auto& targets = connecting_to_->targets();
  while (next_target_ < targets.size()) {
    const SocketAddress& target = targets[next_target_++];
    const auto attempted = attempt(target);
    if (attempted) return true;
    broken_ =
        error_of("could not connect to " + target.to_string() + ": " + attempted.error().message);
  }
  return false;
}

Result<void> Connection::attempt(const SocketAddress& target) {
  auto opened = open_socket(target.family());
  if (!opened) return std::unexpected(opened.error());
  if (::connect(opened->get(), target.get(), target.length) != 0 && errno != EINPROGRESS) {
    // A unix socket's full backlog, which the kernel calls "resource temporarily unavailable".
    if (errno == EAGAIN) return tidemark::fail("too many connections wait to be accepted there");
    return tidemark::fail(error_text(errno));
  }
  describe_peer(target);
  stream_ = reactor_.backend_->open(std::move(*opened), *this, true);
  if (stream_ == nullptr) return tidemark::fail(error_text(errno));
  return {};
}

void Connection::on_connect_over() {
  int error = take_error(stream_->fd());
  if (error == 0 && connected_to_itself(stream_->fd())) error = ECONNREFUSED;
  if (error != 0) {
    broken_ = error_of("could not connect to " + peer_ + ": " + error_text(error));
    std::exchange(stream_, nullptr)->close();
    if (!try_next_target()) fail(*std::exchange(broken_, nullptr));
    return;
  }
  state_ = State::k_open;
  broken_.reset();
  connecting_to_.reset();
  stream_->connected();
  if (paused_) stream_->stop_receiving();
  flush_later();
  handler_->on_connected();
}

void Connection::describe_peer(const SocketAddress& address) {
  peer_ = address.to_string();
  is_unix_ = address.family() == AF_UNIX;
  is_loopback_ = address.is_loopback();
}

void Connection::close() {
  if (state_ != State::k_closed) drop();
}

void Connection::close_after_flush() {
  if (state_ == State::k_closed || state_ == State::k_lingering) return;
  if (state_ == State::k_connecting || broken_) return drop();
  state_ = State::k_lingering;
  handler_ = nullptr;
  extend_linger();
  stream_->go_on_receiving();
  look_at_turn_end();
}

void Connection::fail(Error why) {
  Handler& handler = *handler_;
  drop();
  handler.on_closed(why);
}

void Connection::drop() {
  CHECK(state_ != State::k_closed);
  state_ = State::k_closed;
  handler_ = nullptr;
  reactor_.cancel(linger_);
  if (stream_ != nullptr) std::exchange(stream_, nullptr)->close();
  reactor_.bury(*this);
}

}  // namespace tidemark::net
