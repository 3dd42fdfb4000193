#include "net/reactor.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "net/clock.h"
#include "net/socket.h"

namespace tidemark::net {

Reactor::Reactor(BackendKind backend) : backend_(Backend::make(backend)) {
  const auto watched = watch(wakeup_.fd(), [this] { woken_ = true; });
  if (!watched) throw std::system_error(errno, std::generic_category(), "watching an eventfd");
  const auto heard = watch(alarm_.fd(), [this] {
    alarm_.drain();
    rung_ = true;
  });
  if (!heard) throw std::system_error(errno, std::generic_category(), "watching a timerfd");
}

Reactor::~Reactor() = default;

void Reactor::run() {
  while (!stopped_.load(std::memory_order_acquire)) turn(k_never);
  backend_->push();
  stopped_.store(false, std::memory_order_release);
}

void Reactor::stop() {
  stopped_.store(true, std::memory_order_release);
  wakeup_.wake();
}

void Reactor::turn(Instant deadline) {
  CHECK(!std::exchange(turning_, true));
  backend_->wait(time_to_wait(deadline));
  if (std::exchange(woken_, false)) run_posted();
  if (std::exchange(rung_, false) || deadline != k_never) timers_.fire(now());
  offer_resumed();
  for (std::size_t i = 0; i < hooks_.size(); ++i) hooks_[i]();
  flush_dirty();
  free_the_closed();
  turning_ = false;
}

// Negative: for ever. Timers ring the alarm, so that a turn neither reads the clock nor has the
// kernel keep a time for it. It may ring for one that was cancelled since; that is rare, as it is
// set only for one that comes before what it is set to.
Duration Reactor::time_to_wait(Instant deadline) {
  const Instant next = timers_.next();
  if (next < alarm_.at()) alarm_.set(next);
  if (!dirty_.empty() || !resumed_.empty()) return Duration::zero();
  if (deadline == k_never) return Duration(-1);
  return std::max(deadline - now(), Duration::zero());
}

void Reactor::post(std::function<void()> function) {
  bool first = false;
  {
    const std::lock_guard lock(posted_mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(function));
  }
  if (first) wakeup_.wake();
}

// Drains before it looks: whoever posts after the look wakes the loop again.
void Reactor::run_posted() {
  wakeup_.drain();
  std::vector<std::function<void()>> posted;
  {
    const std::lock_guard lock(posted_mutex_);
    posted.swap(posted_);
  }
  for (const auto& function : posted) function();
}

Timer Reactor::add_timer(Instant deadline, std::function<void()> callback) {
  return timers_.add(deadline, std::move(callback));
}

void Reactor::cancel(Timer& timer) { timers_.cancel(timer); }

Instant Reactor::now() const { return net::now(); }

void Reactor::at_turn_end(std::function<void()> hook) { hooks_.push_back(std::move(hook)); }

Connection* Reactor::connect(const Address& address, Handler& handler) {
  Connection* connection = add_connection(handler);
  connection->start_connecting(address);
  return connection;
}

Connection* Reactor::adopt(int fd, Handler& handler) {
  Connection* connection = add_connection(handler);
  connection->start_adopted(fd);
  return connection;
}

Connection* Reactor::add_connection(Handler& handler) {
  connections_.push_back(std::unique_ptr<Connection>(new Connection(*this, handler)));
  connections_.back()->index_ = connections_.size() - 1;
  return connections_.back().get();
}

Result<Listener*> Reactor::listen(const Address& address, OnAccept on_accept,
                                  OnAcceptTrouble on_trouble, int backlog) {
  std::unique_ptr<Listener> listener(
      new Listener(*this, std::move(on_accept), std::move(on_trouble)));
  const auto opened = listener->open(address, backlog);
  if (!opened) return std::unexpected(opened.error());
  listeners_.push_back(std::move(listener));
  return listeners_.back().get();
}

Result<void> Reactor::watch(int fd, std::function<void()> on_readable) {
  if (backend_->watch(fd, std::move(on_readable))) return {};
  return fail("could not watch: " + error_text(errno));
}

void Reactor::unwatch(int fd) { backend_->unwatch(fd); }

// What the callbacks add to the lists waits for the next turn, which then does not sleep.
void Reactor::offer_resumed() {
  offering_.swap(resumed_);
  for (Connection* connection : offering_) connection->offer_again();
  offering_.clear();
}

void Reactor::flush_dirty() {
  flushing_.swap(dirty_);
  for (Connection* connection : flushing_) connection->flush();
  flushing_.clear();
}

void Reactor::bury(Connection& connection) {
  const std::size_t index = connection.index_;
  connections_.back()->index_ = index;
  std::swap(connections_[index], connections_.back());
  graveyard_.push_back(std::move(connections_.back()));
  connections_.pop_back();
}

void Reactor::bury(Listener& listener) {
  const auto found = std::ranges::find(listeners_, &listener, &std::unique_ptr<Listener>::get);
  CHECK(found != listeners_.end());
  graveyard_.push_back(std::move(*found));
  listeners_.erase(found);
}

void Reactor::free_the_closed() {
  backend_->end_turn();
  if (graveyard_.empty()) return;
  const auto is_closed = [](const Connection* c) {
    return c->state_ == Connection::State::k_closed;
  };
  std::erase_if(dirty_, is_closed);
  std::erase_if(resumed_, is_closed);
  // What a callback held may itself close something when it is destroyed.
  std::vector<std::shared_ptr<void>> dead;
  dead.swap(graveyard_);
}

}  // namespace tidemark::net
